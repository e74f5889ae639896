import { covers, oldestPositions, type Positions } from '@derm/contract'

/** How new data is. `undefined`: no answer has said anything. `null`: nobody can say. */
export type AsOf = Positions | null | undefined

/** What the client knows when a fetch begins. */
export type AttemptStart = {
  /** The positions that `Min-As-Of` asks for. */
  minAsOf: Positions
  /** How much news of the query's resources was known, and how often the query had been invalidated. */
  news: number
  invalidations: number
  session: number
}

/** One fetch of one query, from its begin to its end. Collects how new its answers are. */
export class FetchAttempt {
  /** Channels that were removed while the fetch was under way. */
  private readonly removed = new Set<string>()
  /** Its query function is wrapped in `live`. */
  isLive = false

  constructor(
    readonly start: AttemptStart,
    public asOf: AsOf = undefined,
    /** One of the answers did not say how new it is. */
    public isPartial = false,
  ) {}

  /** An answer said how new it is. `null`: it did not. */
  noteAnswer(positions: Positions | null): void {
    // A further page of data that nobody can date does not date it.
    if (this.asOf === null) return
    if (positions === null) this.isPartial = true
    else this.asOf = oldestPositions(this.asOf ?? {}, positions)
  }

  noteRemoved(channelKeys: readonly string[]): void {
    for (const channelKey of channelKeys) this.removed.add(channelKey)
  }

  /** Whether its answers are older than `Min-As-Of`. */
  isTooOld(): boolean {
    const { asOf, start } = this
    return (
      Boolean(asOf) &&
      Object.entries(start.minAsOf).some(([channelKey, position]) => !covers(asOf?.[channelKey], position))
    )
  }

  /** Whether its data may hold something of a channel that was removed meanwhile. */
  mayHoldRemoved(hasResources: boolean): boolean {
    if (this.removed.size === 0) return false
    if (this.asOf && Object.keys(this.asOf).some((channelKey) => this.removed.has(channelKey))) return true
    return (!this.asOf || this.isPartial) && hasResources
  }
}
