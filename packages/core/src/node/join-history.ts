import type { ChannelName, Position } from '@derm/contract'
import type { HistoryRead } from '../event-log/event-log.ts'
import { FairTurns } from './fair-turns.ts'
import type { HubOptions, HubSettings } from './hub-options.ts'
import type { ReadBudget } from './read-budget.ts'
import { RecentSpans } from './recent-spans.ts'
import { isAbout, toSpan, type Span } from './span.ts'

/** What a read costs besides the bytes that it brings. */
const READ_BYTES = 1024

export type JoinQuestion = {
  channel: ChannelName
  cursor: Position
  reads?: ReadBudget | undefined
  isAuthentic: (bytes: string) => boolean
  /** Whether what was learnt a moment ago reaches up to what the node has by now. */
  isUsable: (span: Span) => boolean
}

/**
 * Reads history for those who join. What one of them is about to learn, or has learnt a moment ago, answers all whose cursors lie in it: a
 * thousand clients that come back together cost the event log a few reads. Each has a turn, fair between tenants. [SES23] [SES24]
 *
 * Who begins a read pays for all that it brings, whatever comes of it; who shares it pays nothing. So a user makes the event log read no more
 * than the budget, and what many honest clients read together costs one of them a read. [SES30]
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

  /** @returns `null` when its turn did not come in time, or it cannot be paid. @throws when the event log cannot be reached. */
  async read(question: JoinQuestion): Promise<Span | null> {
    const { reads } = question
    const { recoveryBytes } = this.options.settings
    if (reads && !(await reads.reserve(recoveryBytes))) return null
    let paid = 0
    const pay = (bytes: number) => (paid += bytes)
    try {
      // Also what needs no reading has a turn: thousands of answers in one go would keep all else waiting.
      return await this.turns.run(tenantOf(question.channel), () => this.share(question, pay))
    } finally {
      reads?.settle(recoveryBytes, paid)
    }
  }

  private async share(question: JoinQuestion, pay: Pay): Promise<Span> {
    const { channel, cursor, isUsable } = question
    const recent = this.recent.find(channel, (one) => isAbout(one, cursor) && isUsable(one))
    if (recent) return recent
    const shared = this.underWay
      .get(channel)
      ?.find(({ after }) => after.epoch === cursor.epoch && after.seq <= cursor.seq)
    // Without a pause where none is under way: whoever asks in the same tick is to find this one.
    if (!shared) return this.begin(question, pay)
    const span = await shared.span
    return isAbout(span, cursor) ? span : this.begin(question, pay)
  }

  private begin(question: JoinQuestion, pay: Pay): Promise<Span> {
    const { channel, cursor: after } = question
    const same = this.underWay
      .get(channel)
      ?.find((one) => one.after.epoch === after.epoch && one.after.seq === after.seq)
    if (same) return same.span
    const read = { after, span: this.readAfter(question, pay) }
    this.underWay.set(channel, [...(this.underWay.get(channel) ?? []), read])
    const forget = () => {
      const others = (this.underWay.get(channel) ?? []).filter((one) => one !== read)
      if (others.length > 0) this.underWay.set(channel, others)
      else this.underWay.delete(channel)
    }
    read.span.then(forget, forget)
    return read.span
  }

  private async readAfter({ channel, cursor, isAuthentic }: JoinQuestion, pay: Pay): Promise<Span> {
    const { eventLog, settings } = this.options
    const limit = { entries: settings.recoveryEntries, bytes: settings.recoveryBytes }
    const read = await eventLog.history(channel, cursor, limit).catch((error: unknown) => {
      // It may have been read all the same, and have come too late because of its size.
      pay(limit.bytes)
      throw error
    })
    pay(READ_BYTES + bytesOf(read))
    const span = toSpan(read, cursor, isAuthentic)
    this.recent.put(channel, span)
    return span
  }
}

type Pay = (bytes: number) => void

function bytesOf(read: HistoryRead): number {
  if (read.kind === 'unreachable') return read.readBytes ?? 0
  return 'entries' in read ? read.entries.reduce((sum, { bytes }) => sum + bytes.length, 0) : 0
}

const tenantOf = (channel: ChannelName) => channel.slice(0, channel.indexOf('/'))
