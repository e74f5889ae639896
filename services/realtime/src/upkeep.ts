import type { ChannelHub } from '@derm/core/node'
import type { AccessWatch } from './access-watch.ts'
import type { FanOut } from './fan-out.ts'
import type { Member } from './member.ts'
import type { Members } from './members.ts'
import type { RealtimeMetrics } from './realtime-metrics.ts'
import { encodeTextFrame } from './ws-frame.ts'

const EXPIRY_WARNING_S = 60
/** Each client hears of its node so often, however little happens; a client that hears nothing for 8 s takes it for late. [SUB10] */
const BEAT_MS = 3000
/** Not all at once: what is written to thousands in one turn keeps events waiting. */
const BEAT_TURNS = 10

export type UpkeepContext = {
  members: Members
  hub: ChannelHub<Member>
  fanOut: FanOut
  access: AccessWatch
  metrics: RealtimeMetrics
  headsEveryMs: number
}

/** What a node does by the clock: it warns of tokens that end and ends those that have, says what it has delivered, and counts. */
export class Upkeep {
  private timers: NodeJS.Timeout[] = []
  private turn = 0

  constructor(private readonly context: UpkeepContext) {}

  start(): void {
    const { headsEveryMs } = this.context
    this.timers = [
      setInterval(() => this.look(), 1000),
      setInterval(() => this.beat(), BEAT_MS / BEAT_TURNS),
      setInterval(() => this.sendHeads(), headsEveryMs),
    ]
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer)
  }

  private look(): void {
    const { members, hub, access, metrics } = this.context
    const now = Date.now() / 1000
    let subscriptions = 0
    for (const member of members.all()) {
      subscriptions += member.channels.size
      this.tellWhetherLate(member)
      const left = member.expiresAt - now
      if (left <= 0) members.close(member, 'token_expired')
      else if (left <= EXPIRY_WARNING_S && !member.isWarned) {
        member.isWarned = true
        member.socket.emit('auth:expiring', { expiresInMs: Math.round(left * 1000) })
      }
    }
    metrics.subscriptions.set(subscriptions)
    metrics.channels.set([...hub.names()].length)
    metrics.feedLate.set(hub.isLate() ? 1 : 0)
    metrics.accessAge.set(Math.min(access.ageMs / 1000, 3600))
  }

  /** A client must not take silence for news. [REC9] */
  tellWhetherLate(member: Member): void {
    const isLate = this.context.hub.isLate()
    if (member.isToldLate === isLate) return
    member.isToldLate = isLate
    member.socket.emit('feed', { isLate })
  }

  /** Those whose turn it is, by their random id. */
  private beat(): void {
    const { members, hub } = this.context
    const isLate = hub.isLate()
    const frame = `42${JSON.stringify(['feed', { isLate }])}`
    const raw = encodeTextFrame(frame)
    this.turn = (this.turn + 1) % BEAT_TURNS
    for (const member of members.all()) {
      if (member.socket.id.charCodeAt(0) % BEAT_TURNS !== this.turn) continue
      member.isToldLate = isLate
      member.write(raw, [frame])
    }
  }

  /** What was delivered, in line with the events: a client that is behind it has a hole. */
  private sendHeads(): void {
    const { members, hub, fanOut, access } = this.context
    if (!access.isConfirmed()) return
    fanOut.flushAll()
    for (const member of members.all()) {
      const channels = [...member.channels].flatMap((channel) => {
        const position = hub.position(channel)
        return position ? [{ channel, ...position }] : []
      })
      if (channels.length > 0) member.socket.emit('heads', { channels })
    }
  }
}
