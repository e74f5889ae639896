import type { ChannelName } from '@derm/contract'

/** An event that still waits is tried again well within this. */
const FORGET_MS = 5000

/**
 * Channels that stand still because their next event was rejected, while all others go on. After so many tries the event
 * is hopeless, and a tombstone takes its place. [REL6]
 */
export class StandingStill {
  private readonly rejected = new Map<ChannelName, { seq: number; tries: number; until: number }>()
  constructor(
    private readonly tries: number,
    private readonly waitMs: number,
  ) {}

  reject(channel: ChannelName, seq: number, now: number): void {
    const known = this.rejected.get(channel)
    const tries = known?.seq === seq ? known.tries + 1 : 1
    this.rejected.set(channel, { seq, tries, until: now + this.waitMs * tries })
  }

  isHopeless(channel: ChannelName, seq: number): boolean {
    const known = this.rejected.get(channel)
    return known !== undefined && known.seq === seq && known.tries >= this.tries
  }

  channels(now: number): ChannelName[] {
    return [...this.rejected].filter(([, { until }]) => until > now).map(([channel]) => channel)
  }

  /** What nobody tries any more is no longer there: another pod has given it up, or its epoch has ended. */
  has(channel: ChannelName, now: number): boolean {
    const known = this.rejected.get(channel)
    if (known && now > known.until + FORGET_MS) this.rejected.delete(channel)
    return this.rejected.has(channel)
  }

  /** Whether any channel stands still. */
  isAny(now: number): boolean {
    return [...this.rejected.keys()].some((channel) => this.has(channel, now))
  }

  clear(channel: ChannelName): void {
    this.rejected.delete(channel)
  }
}
