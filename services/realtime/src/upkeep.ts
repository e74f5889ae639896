import type { ChannelName } from '@derm/contract'
import type { ChannelHub } from '@derm/core/node'
import type { AccessWatch } from './access-watch.ts'
import type { FanOut } from './fan-out.ts'
import type { Member } from './member.ts'
import type { Members } from './members.ts'
import type { RealtimeMetrics } from './realtime-metrics.ts'
import { encodeTextFrame } from './ws-frame.ts'

const EXPIRY_WARNING_S = 60
/** Each client hears of its node so often, however little happens; a client that hears nothing for 8 s takes it for late. [SUB10] */
const HEARTBEAT_MS = 3000
/** Of those whom something is due for, a part has its turn so often: what is written to thousands at once keeps events waiting. */
const TURN_MS = 300

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

  constructor(private readonly context: UpkeepContext) {}

  start(): void {
    const { headsEveryMs } = this.context
    this.timers = [
      setInterval(() => this.look(), 1000),
      this.inTurns(HEARTBEAT_MS, (some) => this.sendHeartbeat(some)),
      this.inTurns(headsEveryMs, (some) => this.sendHeads(some)),
    ]
  }

  /** Visits each member once in `everyMs`, some of them at a time. */
  private inTurns(everyMs: number, visit: (some: Member[]) => void): NodeJS.Timeout {
    const turns = Math.max(1, Math.round(everyMs / TURN_MS))
    let turn = 0
    return setInterval(() => {
      turn = (turn + 1) % turns
      const some: Member[] = []
      for (const member of this.context.members.all()) if (member.cohort % turns === turn) some.push(member)
      if (some.length > 0) visit(some)
    }, everyMs / turns)
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer)
  }

  private look(): void {
    const { members, hub, access, metrics } = this.context
    const now = Date.now() / 1000
    const isLagging = this.readIsLagging()
    let subscriptions = 0
    for (const member of members.all()) {
      subscriptions += member.channels.size
      this.tell(member, isLagging)
      const left = member.expiresAt - now
      if (left <= 0) members.close(member, 'token_expired')
      else if (left <= EXPIRY_WARNING_S && !member.isWarned) {
        member.isWarned = true
        member.socket.emit('auth:expiring', { expiresInMs: Math.round(left * 1000) })
      }
    }
    metrics.subscriptions.set(subscriptions)
    metrics.channels.set([...hub.names()].length)
    metrics.accessAge.set(Math.min(access.ageMs / 1000, 3600))
  }

  /** Nobody is told what the metric does not say yet. */
  private readIsLagging(): boolean {
    const { hub, metrics } = this.context
    const isLagging = hub.isLagging()
    metrics.lagging.set(isLagging ? 1 : 0)
    return isLagging
  }

  /** A client must not take silence for news. [REC9] */
  tellWhetherLagging(member: Member): void {
    this.tell(member, this.readIsLagging())
  }

  private tell(member: Member, isLagging: boolean): void {
    if (member.toldLagging === isLagging) return
    member.toldLagging = isLagging
    member.socket.emit('feed', { isLate: isLagging })
  }

  private sendHeartbeat(some: Member[]): void {
    const isLagging = this.readIsLagging()
    const frame = `42${JSON.stringify(['feed', { isLate: isLagging }])}`
    const raw = encodeTextFrame(frame)
    for (const member of some) {
      member.toldLagging = isLagging
      member.write(raw, [frame])
    }
  }

  /** What was delivered, in line with the events: a client that is behind it has a hole. Those who hold the same channels get the same bytes. */
  private sendHeads(some: Member[]): void {
    const { fanOut, access } = this.context
    if (!access.isConfirmed()) return
    fanOut.flushAll()
    const made = new Map<string, { frame: string; raw: Buffer } | null>()
    for (const member of some) {
      const held = [...member.channels]
      const key = held.join(' ')
      let heads = made.get(key)
      if (heads === undefined) {
        heads = this.frameHeads(held)
        made.set(key, heads)
      }
      if (heads) member.write(heads.raw, [heads.frame])
    }
  }

  private frameHeads(held: ChannelName[]): { frame: string; raw: Buffer } | null {
    const channels = held.flatMap((channel) => {
      const position = this.context.hub.position(channel)
      return position ? [{ channel, ...position }] : []
    })
    if (channels.length === 0) return null
    const frame = `42${JSON.stringify(['heads', { channels }])}`
    return { frame, raw: encodeTextFrame(frame) }
  }
}
