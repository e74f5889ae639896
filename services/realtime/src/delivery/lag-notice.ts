import { shardOf } from '@derm/core'
import type { ChannelHub } from '@derm/core/node'
import type { Member } from '../connection/member.ts'
import type { RealtimeMetrics } from '../metrics/realtime-metrics.ts'
import { preparePacket, writePacket } from './ready-packet.ts'

/** So many channels are looked through for each member; what is more is joined first. */
const FEW = 4

/**
 * Tells clients whether what they listen to is late, in the wire's `feed` message: no client may take silence for "nothing new". The same
 * message is the node's heartbeat. A channel that is late concerns its members and nobody else. [REC9] [SEC23] [SUB10]
 */
export class LagNotice {
  private countedAt: number
  /** As it was found last. */
  private found = { isCutOff: false, shards: new Set<number>() }

  constructor(
    private readonly hub: Pick<ChannelHub<Member>, 'isCutOff' | 'late'>,
    private readonly metrics: Pick<
      RealtimeMetrics,
      'lagging' | 'lateChannels' | 'laggingSeconds' | 'lateSeconds' | 'toldLate'
    >,
    private readonly elapsed: () => number = () => performance.now(),
  ) {
    this.countedAt = elapsed()
  }

  /** Tells those who do not know yet. */
  tell(members: readonly Member[]): void {
    const isLate = this.read()
    for (const member of members) {
      const isMemberLate = isLate(member)
      if (member.toldLagging === isMemberLate) continue
      member.toldLagging = isMemberLate
      if (isMemberLate) this.metrics.toldLate.inc()
      member.socket.emit('feed', { isLate: isMemberLate })
    }
  }

  sendHeartbeat(cohort: readonly Member[]): void {
    const isLate = this.read()
    const heartbeats = [preparePacket('feed', { isLate: false }), preparePacket('feed', { isLate: true })] as const
    for (const member of cohort) {
      const isMemberLate = isLate(member)
      if (isMemberLate && !member.toldLagging) this.metrics.toldLate.inc()
      member.toldLagging = isMemberLate
      writePacket(member, heartbeats[isMemberLate ? 1 : 0])
    }
  }

  /** Seconds, so that no scrape misses what was between two of them: what was late at the last look was late until this one. [OPS30] */
  private count(isCutOff: boolean, late: readonly { channel: string }[]): void {
    const seconds = (this.elapsed() - this.countedAt) / 1_000
    this.countedAt += seconds * 1_000
    if (isCutOff || this.found.isCutOff) this.metrics.laggingSeconds.inc(seconds)
    const shards = new Set(late.map(({ channel }) => shardOf(channel)))
    for (const shard of new Set([...shards, ...this.found.shards])) this.metrics.lateSeconds.inc({ shard }, seconds)
    this.found = { isCutOff, shards }
  }

  /** Nobody is told what the metrics do not say yet. */
  private read(): (member: Member) => boolean {
    const isCutOff = this.hub.isCutOff()
    const late = this.hub.late()
    this.metrics.lagging.set(isCutOff ? 1 : 0)
    this.metrics.lateChannels.set(late.length)
    this.count(isCutOff, late)
    if (isCutOff || late.length === 0) return () => isCutOff
    if (late.length <= FEW) return (member) => late.some(({ members }) => members.has(member))
    const concerned = new Set(late.flatMap(({ members }) => [...members]))
    return (member) => concerned.has(member)
  }
}
