import { comparePositions, isPlausibleEpoch, type Position } from '@derm/contract'
import { frameOf, isTombstone } from '../event-log/frame.ts'
import type { HistoryRead } from '../event-log/event-log.ts'
import type { ChannelDelivery } from './channel-delivery.ts'
import type { ChannelSubscription } from './channel-subscription.ts'
import type { HubOptions, HubSettings } from './hub-options.ts'

/** The place of a channel that the event log does not know: before everything. */
const NOWHERE: Position = { epoch: '0000000000000000', seq: 0 }

type Status = 'live' | 'recovered' | 'resync'

/** What was read for one that wants to join: complete up to `upTo`. `finish` completes it up to the channel's last. */
export type Prepared = { cursor: Position | undefined; frames: string[]; upTo: Position; status: Status }
export type Finished = { status: Status; position: Position; frames: string[] }

/** What one channel answers to those who join it with a cursor. [REC5] */
export class JoinRecovery<Member> {
  constructor(
    private readonly delivery: ChannelDelivery<Member>,
    private readonly subscription: ChannelSubscription,
    private readonly options: HubOptions<Member> & { settings: HubSettings },
  ) {}

  /** Reads what a cursor lacks. It waits, for `waitMs` at most, for a node that is behind the cursor and for a log that lost data. */
  async prepare(cursor: Position | undefined): Promise<Prepared> {
    const { clock, settings } = this.options
    const deadline = clock.elapsed() + settings.waitMs
    for (;;) {
      await this.subscription.ready
      const prepared = this.fromNode(cursor) ?? (await this.fromHistory(cursor))
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
  private fromNode(cursor: Position | undefined): Prepared | 'wait' | null {
    const { last } = this.delivery
    if (!last || this.subscription.isOver) return this.resync(cursor)
    // A cursor of an epoch that can be none waits for nothing. [SEC21]
    if (cursor && !isPlausibleEpoch(cursor.epoch, this.options.clock.now())) return this.resync(cursor)
    if (!cursor) return { cursor, frames: [], upTo: last, status: 'live' }
    const order = comparePositions(cursor, last)
    if (order > 0) return 'wait'
    if (order === 0) return this.recovered(cursor, last, [])
    if (cursor.epoch !== last.epoch) return this.resync(cursor)
    const frames = this.delivery.framesBetween(cursor.seq, last.seq)
    if (!frames) return null
    return this.isBeyondLimit(frames) ? this.resync(cursor) : this.recovered(cursor, last, frames)
  }

  private async fromHistory(cursor: Position | undefined): Promise<Prepared | 'wait'> {
    if (!cursor) return 'wait'
    const { eventLog, settings } = this.options
    const limit = { entries: settings.recoveryEntries, bytes: settings.recoveryBytes }
    const read = await eventLog.history(this.delivery.name, cursor, limit)
    if (read.kind === 'unreachable' || read.kind === 'partial') return this.resync(cursor)
    return read.kind === 'complete' ? this.fromEntries(cursor, read) : 'wait'
  }

  private fromEntries(cursor: Position, read: Extract<HistoryRead, { kind: 'complete' }>): Prepared | 'wait' {
    const { last } = this.delivery
    // Not beyond what this node has delivered: the rest comes live.
    const reach = Math.min(read.head.seq, last?.epoch === cursor.epoch ? last.seq : read.head.seq)
    const entries = read.entries.filter(({ seq }) => seq <= reach)
    if (!entries.every(({ bytes }) => !isTombstone(bytes) && this.delivery.read(bytes) !== null))
      return this.resync(cursor)
    const upTo = { epoch: cursor.epoch, seq: entries.at(-1)?.seq ?? cursor.seq }
    // Short of what this node has delivered, and the node does not have the rest either: the log has lost its end. [REC4]
    const isShort = last?.epoch === upTo.epoch && this.delivery.framesBetween(upTo.seq, last.seq) === null
    if (isShort) return 'wait'
    const frames = entries.map(({ bytes }) => frameOf(bytes))
    return this.recovered(cursor, upTo, frames)
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
