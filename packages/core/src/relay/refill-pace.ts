import type { ChannelName } from '@derm/contract'
import type { RelaySettings } from './relay-options.ts'

/** A channel that was not refilled for this long begins anew. */
const FORGET_MS = 60_000
const PRUNE_ABOVE = 5_000

type Noted = { times: number; at: number }

/**
 * How often a channel is refilled. What takes a refill away again at once, such as somebody who writes into Redis, would have the relay do
 * nothing else: after some times the channel waits, for longer each time. All others go on. [SEC24]
 */
export class RefillPace {
  private readonly noted = new Map<ChannelName, Noted>()
  private readonly pausedUntil = new Map<ChannelName, number>()
  /** Channels that were to be refilled during their pause. */
  private readonly waiting = new Map<ChannelName, number>()

  constructor(
    private readonly settings: Pick<RelaySettings, 'refillsWithoutPause' | 'refillPauseMs' | 'maxRefillPauseMs'>,
  ) {}

  /** Whether a channel that needs a refill has to wait for it. */
  isHeld(channel: ChannelName, now: number): boolean {
    const until = this.pausedUntil.get(channel)
    if (until === undefined) return false
    if (until > now) this.waiting.set(channel, until)
    else this.pausedUntil.delete(channel)
    return until > now
  }

  /** The channels that wait for a refill: nothing can be published to them before it. */
  held(now: number): ChannelName[] {
    for (const [channel, until] of this.waiting) if (until <= now) this.waiting.delete(channel)
    return [...this.waiting.keys()]
  }

  /** A refill begins. @returns whether the next one has to wait. */
  note(channel: ChannelName, now: number): boolean {
    this.prune(now)
    const before = this.noted.get(channel)
    const times = before && now - before.at < FORGET_MS ? before.times + 1 : 1
    this.noted.set(channel, { times, at: now })
    const { refillsWithoutPause, refillPauseMs, maxRefillPauseMs } = this.settings
    const further = times - refillsWithoutPause
    if (further < 0) return false
    this.pausedUntil.set(channel, now + Math.min(maxRefillPauseMs, refillPauseMs * 2 ** further))
    return true
  }

  private prune(now: number): void {
    if (this.noted.size <= PRUNE_ABOVE) return
    for (const [channel, { at }] of this.noted) if (now - at >= FORGET_MS) this.noted.delete(channel)
  }
}
