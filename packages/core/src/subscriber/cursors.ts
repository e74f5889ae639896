import {
  comparePositions,
  type ChannelPosition,
  type EventEnvelope,
  type Position,
  type SubscribedChannel,
} from '@derm/contract'

export type CursorListener = {
  /** Each event once, and in order within its channel. */
  onEvent(event: EventEnvelope): void
  /** This position exists, though its events may not have been seen here. */
  onPosition(channel: string, position: Position): void
  /** What the client has of the channel that is older than `position` is stale. */
  onResync(channel: string, position: Position): void
  /** An event came whose predecessor did not. */
  onGap(): void
}

/** How far each channel was applied: the next event is, an earlier one is dropped, a later one shows a gap. */
export class Cursors {
  private readonly positions = new Map<string, Position>()

  /** `isPlausible`: whether an epoch can be one by now. A position in another is passed over, whoever names it. [SEC21] */
  constructor(
    private readonly listener: CursorListener,
    private readonly isPlausible: (epoch: string) => boolean = () => true,
  ) {}

  all(): ReadonlyMap<string, Position> {
    return this.positions
  }

  receive(event: EventEnvelope): void {
    const cursor = this.positions.get(event.channel)
    if (!cursor || comparePositions(event, cursor) <= 0 || !this.isPlausible(event.epoch)) return
    if (!follows(event, cursor)) return this.listener.onGap()
    this.apply(event)
  }

  private apply(event: EventEnvelope): void {
    this.positions.set(event.channel, { epoch: event.epoch, seq: event.seq })
    this.listener.onEvent(event)
  }

  /** What a subscription was answered with. Afterwards the next event finds its cursor. [SUB5] */
  acceptAnswer({ channel, epoch, seq, status, events }: SubscribedChannel): void {
    if (!this.isPlausible(epoch)) return
    const cursor = this.positions.get(channel)
    const position = { epoch, seq }
    if (status === 'resync') {
      // Within an epoch a cursor never moves back. [SUB2]
      if (!cursor || comparePositions(position, cursor) >= 0 || cursor.epoch !== epoch)
        this.positions.set(channel, position)
      return this.listener.onResync(channel, position)
    }
    if (status === 'live') {
      this.positions.set(channel, position)
      return this.listener.onPosition(channel, position)
    }
    for (const event of events) {
      const before = this.positions.get(channel)
      if (before && follows(event, before)) this.apply(event)
    }
    const reached = this.positions.get(channel)
    // A recovery with a gap in it is none, and what it says itself nobody is asked for again. [SUB4]
    if (!reached || comparePositions(reached, position) < 0) this.moveTo(channel, position)
  }

  /** What the node says of a channel that it cannot go on with. */
  acceptResync({ channel, epoch, seq }: ChannelPosition): void {
    if (!this.isPlausible(epoch)) return
    const cursor = this.positions.get(channel)
    if (cursor && (cursor.epoch !== epoch || cursor.seq <= seq)) this.moveTo(channel, { epoch, seq })
  }

  /** Whether the node has delivered what did not come here. [SUB7] */
  hasGap(heads: readonly ChannelPosition[]): boolean {
    return heads.some((head) => {
      const cursor = this.positions.get(head.channel)
      return cursor !== undefined && comparePositions(head, cursor) > 0 && this.isPlausible(head.epoch)
    })
  }

  forget(channels: Iterable<string>): void {
    for (const channel of channels) this.positions.delete(channel)
  }

  clear(): void {
    this.positions.clear()
  }

  private moveTo(channel: string, position: Position): void {
    this.positions.set(channel, position)
    this.listener.onResync(channel, position)
  }
}

const follows = (next: Position, last: Position) => next.epoch === last.epoch && next.seq === last.seq + 1
