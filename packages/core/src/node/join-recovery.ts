import { comparePositions, isPlausibleEpoch, type Position } from '@derm/contract'
import type { ChannelDelivery } from './channel-delivery.ts'
import type { ChannelSubscription } from './channel-subscription.ts'
import type { HubOptions, HubSettings } from './hub-options.ts'
import type { JoinHistory } from './join-history.ts'
import type { ReadBudget } from './read-budget.ts'
import { reachOf, type Span } from './span.ts'

/** The place of a channel that the event log does not know: before everything. */
const NOWHERE: Position = { epoch: '0000000000000000', seq: 0 }

/** What one asks of a channel that it wants to join. */
export type Recovery = { cursor: Position | undefined; isOverBudget?: boolean; reads?: ReadBudget }

type Status = 'live' | 'recovered' | 'resync'

/** What was read for one that wants to join: complete up to `upTo`. `finish` completes it up to the channel's last. */
export type Prepared = { cursor: Position | undefined; frames: string[]; upTo: Position; status: Status }
export type Finished = { status: Status; position: Position; frames: string[] }

/** What one channel answers to those who join it with a cursor. [REC5] */
export class JoinRecovery<Member> {
  constructor(
    private readonly delivery: ChannelDelivery<Member>,
    private readonly subscription: ChannelSubscription,
    private readonly history: JoinHistory<Member>,
    private readonly options: HubOptions<Member> & { settings: HubSettings },
  ) {}

  /** Reads what a cursor lacks. It waits, for `waitMs` at most, for a node that is behind the cursor and for a log that lost data. */
  async prepare({ cursor, isOverBudget = false, reads }: Recovery): Promise<Prepared> {
    const { clock, settings } = this.options
    const deadline = clock.elapsed() + settings.waitMs
    for (;;) {
      await this.subscription.ready
      const prepared = this.fromNode(cursor, isOverBudget) ?? (await this.fromHistory(cursor, reads))
      if (prepared !== 'wait') return prepared
      if (clock.elapsed() >= deadline) return this.resync(cursor)
      await this.subscription.pause(settings.retryMs)
    }
  }

  /**
   * Completes what was prepared up to this channel's last, without a pause: the caller adds the member and answers in the same tick.
   * `null`: too much has happened since, prepare again.
   */
  finish({ cursor, frames, upTo, status }: Prepared): Finished | null {
    if (this.subscription.isOver) return null
    const position = this.delivery.last ?? NOWHERE
    if (status !== 'recovered') return { status: status === 'live' && cursor ? 'resync' : status, position, frames: [] }
    if (upTo.epoch !== position.epoch) return { status: 'resync', position, frames: [] }
    const since = this.delivery.framesBetween(upTo.seq, position.seq)
    return since && { status, position, frames: [...frames, ...since] }
  }

  /** `null`: only history can tell. */
  private fromNode(cursor: Position | undefined, isOverBudget: boolean): Prepared | 'wait' | null {
    const { last } = this.delivery
    if (!last || this.subscription.isOver) return this.resync(cursor)
    // A cursor of an epoch that can be none waits for nothing. [SEC21]
    if (cursor && !isPlausibleEpoch(cursor.epoch, this.options.clock.now())) return this.resync(cursor)
    if (!cursor) return { cursor, frames: [], upTo: last, status: 'live' }
    const order = comparePositions(cursor, last)
    // Who has spent the budget waits for nothing either: a resync is always right, and costs nothing here. [SES24]
    if (order > 0) return isOverBudget ? this.resync(cursor) : 'wait'
    if (order === 0) return this.recovered(cursor, last, [])
    if (cursor.epoch !== last.epoch || isOverBudget) return this.resync(cursor)
    // More than history gives: known without a read, so that nobody makes the event log read it in vain.
    if (last.seq - cursor.seq > this.options.settings.recoveryEntries) return this.resync(cursor)
    const frames = this.delivery.framesBetween(cursor.seq, last.seq)
    if (!frames) return null
    return this.isBeyondLimit(frames) ? this.resync(cursor) : this.recovered(cursor, last, frames)
  }

  private async fromHistory(cursor: Position | undefined, reads: ReadBudget | undefined): Promise<Prepared | 'wait'> {
    if (!cursor) return 'wait'
    const span = await this.history.read({
      channel: this.delivery.name,
      cursor,
      reads,
      isAuthentic: (bytes) => this.delivery.read(bytes) !== null,
      isUsable: (one) => one.kind === 'resync' || !this.isShort(reachOf(one)),
    })
    if (!span || span.kind === 'resync') return this.resync(cursor)
    return span.kind === 'entries' ? this.fromEntries(cursor, span) : 'wait'
  }

  private fromEntries(cursor: Position, span: Extract<Span, { kind: 'entries' }>): Prepared | 'wait' {
    const { last } = this.delivery
    // Not beyond what this node has delivered: the rest comes live.
    const reach = Math.min(span.headSeq, last?.epoch === cursor.epoch ? last.seq : span.headSeq)
    const entries = span.entries.filter(({ seq }) => seq > cursor.seq && seq <= reach)
    const frames = entries.flatMap(({ frame }) => frame ?? [])
    if (frames.length < entries.length) return this.resync(cursor)
    const upTo = { epoch: cursor.epoch, seq: entries.at(-1)?.seq ?? cursor.seq }
    return this.isShort(upTo) ? 'wait' : this.recovered(cursor, upTo, frames)
  }

  /** Short of what this node has delivered, and the node does not have the rest either: the log has lost its end. [REC4] */
  private isShort({ epoch, seq }: Position): boolean {
    const { last } = this.delivery
    return last?.epoch === epoch && this.delivery.framesBetween(Math.min(seq, last.seq), last.seq) === null
  }

  private recovered(cursor: Position, upTo: Position, frames: string[]): Prepared {
    return { cursor, frames, upTo, status: 'recovered' }
  }

  private resync(cursor: Position | undefined): Prepared {
    return { cursor, frames: [], upTo: this.delivery.last ?? NOWHERE, status: 'resync' }
  }

  private isBeyondLimit(frames: readonly string[]): boolean {
    const { recoveryEntries, recoveryBytes } = this.options.settings
    return frames.length > recoveryEntries || frames.reduce((sum, frame) => sum + frame.length, 0) > recoveryBytes
  }
}
