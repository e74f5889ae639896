import type { ChannelName, Position } from '@derm/contract'
import { frameOf, isTombstone } from '../event-log/frame.ts'
import type { HistoryRead } from '../event-log/event-log.ts'
import { FairTurns } from './fair-turns.ts'
import type { HubOptions, HubSettings } from './hub-options.ts'
import { RecentSpans } from './recent-spans.ts'

/**
 * What history answered about the time after a position, for all who want to know.
 * `entries`: they run without a gap from `after.seq + 1` to `headSeq`; `frame` is `null` where an entry cannot be part of a recovery.
 * `resync`: history does not reach back so far, or it is too much. `wait`: it may have more in a moment.
 */
export type Span = { after: Position; bytes: number } & (
  | { kind: 'entries'; headSeq: number; entries: readonly { seq: number; frame: string | null }[] }
  | { kind: 'resync' }
  | { kind: 'wait' }
)

export type JoinQuestion = {
  channel: ChannelName
  cursor: Position
  isAuthentic: (bytes: string) => boolean
  /** Whether what was learnt a moment ago reaches up to what the node has by now. */
  isUsable: (span: Span) => boolean
}

/**
 * Reads history for those who join. What one of them is about to learn, or has learnt a moment ago, answers all whose cursors lie in it: a
 * thousand clients that come back together cost the event log a few reads. Each has a turn, fair between tenants. [SES23] [SES24]
 */
export class JoinHistory<Member> {
  private readonly underWay = new Map<ChannelName, { after: Position; span: Promise<Span> }[]>()
  private readonly recent: RecentSpans
  private readonly turns: FairTurns

  constructor(private readonly options: HubOptions<Member> & { settings: HubSettings }) {
    const { clock, settings } = options
    this.recent = new RecentSpans(clock, settings.reuseMs, settings.reuseBytes)
    this.turns = new FairTurns(clock, settings.recoveryTurns, settings.waitMs)
  }

  /** @returns `null` when its turn did not come in time. @throws when the event log cannot be reached. */
  read(question: JoinQuestion): Promise<Span | null> {
    // Also what needs no reading has a turn: thousands of answers in one go would keep all else waiting.
    return this.turns.run(tenantOf(question.channel), () => this.share(question))
  }

  private async share(question: JoinQuestion): Promise<Span> {
    const { channel, cursor, isUsable } = question
    const recent = this.recent.find(channel, (one) => isAbout(one, cursor) && isUsable(one))
    if (recent) return recent
    const shared = this.underWay
      .get(channel)
      ?.find(({ after }) => after.epoch === cursor.epoch && after.seq <= cursor.seq)
    // Without a pause where none is under way: whoever asks in the same tick is to find this one.
    if (!shared) return this.begin(question)
    const span = await shared.span
    return isAbout(span, cursor) ? span : this.begin(question)
  }

  private begin(question: JoinQuestion): Promise<Span> {
    const { channel, cursor: after } = question
    const same = this.underWay
      .get(channel)
      ?.find((one) => one.after.epoch === after.epoch && one.after.seq === after.seq)
    if (same) return same.span
    const read = { after, span: this.readAfter(question) }
    this.underWay.set(channel, [...(this.underWay.get(channel) ?? []), read])
    const forget = () => {
      const others = (this.underWay.get(channel) ?? []).filter((one) => one !== read)
      if (others.length > 0) this.underWay.set(channel, others)
      else this.underWay.delete(channel)
    }
    read.span.then(forget, forget)
    return read.span
  }

  private async readAfter({ channel, cursor, isAuthentic }: JoinQuestion): Promise<Span> {
    const { eventLog, settings } = this.options
    const limit = { entries: settings.recoveryEntries, bytes: settings.recoveryBytes }
    const span = toSpan(await eventLog.history(channel, cursor, limit), cursor, isAuthentic)
    this.recent.put(channel, span)
    return span
  }
}

/** Each entry is verified once, for all. */
function toSpan(read: HistoryRead, after: Position, isAuthentic: (bytes: string) => boolean): Span {
  if (read.kind === 'unreachable' || read.kind === 'partial') return { kind: 'resync', after, bytes: 0 }
  if (read.kind !== 'complete') return { kind: 'wait', after, bytes: 0 }
  const entries = read.entries.map(({ seq, bytes }) => ({
    seq,
    frame: isTombstone(bytes) || !isAuthentic(bytes) ? null : frameOf(bytes),
  }))
  const bytes = read.entries.reduce((sum, entry) => sum + entry.bytes.length, 0)
  return { kind: 'entries', after, bytes, headSeq: read.head.seq, entries }
}

/** Whether it answers this cursor too. What does not reach back to a position does not reach back further either. */
function isAbout({ kind, after }: Span, { epoch, seq }: Position): boolean {
  if (after.epoch !== epoch) return false
  return kind === 'entries' ? after.seq <= seq : kind === 'resync' ? seq <= after.seq : seq === after.seq
}

const tenantOf = (channel: ChannelName) => channel.slice(0, channel.indexOf('/'))
