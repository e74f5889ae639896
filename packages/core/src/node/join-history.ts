import type { ChannelName, Position } from '@derm/contract'
import { FairTurns } from './fair-turns.ts'
import type { HubOptions, HubSettings } from './hub-options.ts'
import { RecentSpans } from './recent-spans.ts'
import { isAbout, toSpan, type Span } from './span.ts'

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

const tenantOf = (channel: ChannelName) => channel.slice(0, channel.indexOf('/'))
