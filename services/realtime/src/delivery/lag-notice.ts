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
  constructor(
    private readonly hub: Pick<ChannelHub<Member>, 'isCutOff' | 'late'>,
    private readonly metrics: Pick<RealtimeMetrics, 'lagging' | 'lateChannels'>,
  ) {}

  /** Tells those who do not know yet. */
  tell(members: readonly Member[]): void {
    const isLate = this.read()
    for (const member of members) {
      const isMemberLate = isLate(member)
      if (member.toldLagging === isMemberLate) continue
      member.toldLagging = isMemberLate
      member.socket.emit('feed', { isLate: isMemberLate })
    }
  }

  sendHeartbeat(cohort: readonly Member[]): void {
    const isLate = this.read()
    const heartbeats = [preparePacket('feed', { isLate: false }), preparePacket('feed', { isLate: true })] as const
    for (const member of cohort) {
      member.toldLagging = isLate(member)
      writePacket(member, heartbeats[member.toldLagging ? 1 : 0])
    }
  }

  /** Nobody is told what the metrics do not say yet. */
  private read(): (member: Member) => boolean {
    const isCutOff = this.hub.isCutOff()
    const late = this.hub.late()
    this.metrics.lagging.set(isCutOff ? 1 : 0)
    this.metrics.lateChannels.set(late.length)
    if (isCutOff || late.length === 0) return () => isCutOff
    if (late.length <= FEW) return (member) => late.some(({ members }) => members.has(member))
    const concerned = new Set(late.flatMap(({ members }) => [...members]))
    return (member) => concerned.has(member)
  }
}
