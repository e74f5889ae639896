import type { ChannelName } from '@derm/contract'

/** A blocked event is tried again well within this time. */
const FORGET_MS = 5000

/**
 * Channels whose next event was rejected. A blocked channel waits, all others go on. After `maxTries` rejections its event
 * is given up, and a tombstone takes its place. [REL6]
 */
export class BlockedChannels {
  private readonly rejected = new Map<ChannelName, { seq: number; tries: number; until: number }>()
  constructor(
    private readonly maxTries: number,
    private readonly waitMs: number,
  ) {}

  block(channel: ChannelName, seq: number, now: number): void {
    const known = this.rejected.get(channel)
    const tries = known?.seq === seq ? known.tries + 1 : 1
    this.rejected.set(channel, { seq, tries, until: now + this.waitMs * tries })
  }

  unblock(channel: ChannelName): void {
    this.rejected.delete(channel)
  }

  isGivenUp(channel: ChannelName, seq: number): boolean {
    const known = this.rejected.get(channel)
    return known !== undefined && known.seq === seq && known.tries >= this.maxTries
  }

  /** The channels that are not to be tried again yet. */
  waiting(now: number): ChannelName[] {
    return [...this.rejected].filter(([, { until }]) => until > now).map(([channel]) => channel)
  }

  /** A channel that nobody tries any more is not blocked: another pod gave its event up, or its epoch has ended. */
  isBlocked(channel: ChannelName, now: number): boolean {
    const known = this.rejected.get(channel)
    if (known && now > known.until + FORGET_MS) this.rejected.delete(channel)
    return this.rejected.has(channel)
  }

  blocked(now: number): ChannelName[] {
    return [...this.rejected.keys()].filter((channel) => this.isBlocked(channel, now))
  }
}
