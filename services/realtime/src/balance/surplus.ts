/** A node is overfull above this part of the mean, and sends connections away down to the second one. */
const OVERFULL = 1.2
const GOAL = 1.1
/** So few more than the mean are nobody's burden. */
const MIN_SURPLUS = 5
const MIN_PER_SECOND = 2
const HOUR_S = 3_600
/** In an hour, and at once after a long peace, a node sends away no more than so many times its connections, whatever the others say. */
const TURNS_AN_HOUR = 2

export type SurplusOptions = {
  /** Of the node's connections, a second; 0: none are sent away. */
  percent: number
  maxPerSecond: number
  /** The same nodes must have been there for this long: during a replacement, connections move by themselves. */
  settleMs: number
}

export type Loads = {
  /** This node's connections, without those that are leaving. */
  own: number
  /** Those of each other node that takes connections. */
  others: readonly number[]
  settledMs: number
  /** Since the last question. */
  seconds: number
}

/** How many connections a node has too many, and may send away. [SES38] [SES39] */
export class Surplus {
  isOverfull = false
  mean = 0
  /** Connections that may be sent away by now. */
  private due = 0
  /** Those that were, as far as they are not forgotten: an hour forgets as many as an hour may send. */
  private spent = 0
  /** The most connections that it had, as far as they are not forgotten. */
  private peak = 0

  constructor(private readonly options: SurplusOptions) {}

  take({ own, others, settledMs, seconds }: Loads): number {
    const { percent, maxPerSecond, settleMs } = this.options
    this.mean = (own + others.reduce((sum, count) => sum + count, 0)) / (others.length + 1)
    this.peak = Math.max(own, this.mean, this.peak * (1 - Math.min(1, seconds / HOUR_S)))
    const most = TURNS_AN_HOUR * this.peak
    this.spent = Math.max(0, this.spent - (most * seconds) / HOUR_S)
    // Begun, it goes on down to the goal: else a node would stand at the limit, and pass it with every connection that comes.
    const limit = Math.max(this.mean * (this.isOverfull ? GOAL : OVERFULL), this.mean + MIN_SURPLUS)
    this.isOverfull = percent > 0 && others.length > 0 && settledMs >= settleMs && own > limit
    if (!this.isOverfull) {
      this.due = 0
      return 0
    }
    const perSecond = Math.min(maxPerSecond, Math.max(MIN_PER_SECOND, (own * percent) / 100))
    this.due = Math.min(perSecond, this.due + perSecond * seconds)
    const count = Math.floor(Math.min(this.due, most - this.spent, own - this.mean * GOAL))
    if (count <= 0) return 0
    this.due -= count
    this.spent += count
    return count
  }
}
