import type { ChannelHub } from '@derm/core/node'
import type { Member } from '../connection/member.ts'
import type { RealtimeMetrics } from '../metrics/realtime-metrics.ts'
import { preparePacket, writePacket } from './ready-packet.ts'

/**
 * Tells clients whether this node is lagging, in the wire's `feed` message: no client may take silence for "nothing new". The same message is
 * the node's heartbeat. [REC9] [SUB10]
 */
export class LagNotice {
  constructor(
    private readonly hub: Pick<ChannelHub<Member>, 'isLagging'>,
    private readonly metrics: Pick<RealtimeMetrics, 'lagging'>,
  ) {}

  /** Tells those who do not know yet. */
  tell(members: readonly Member[]): void {
    const isLagging = this.read()
    for (const member of members) {
      if (member.toldLagging === isLagging) continue
      member.toldLagging = isLagging
      member.socket.emit('feed', { isLate: isLagging })
    }
  }

  sendHeartbeat(cohort: readonly Member[]): void {
    const isLagging = this.read()
    const heartbeat = preparePacket('feed', { isLate: isLagging })
    for (const member of cohort) {
      member.toldLagging = isLagging
      writePacket(member, heartbeat)
    }
  }

  /** Nobody is told what the metric does not say yet. */
  private read(): boolean {
    const isLagging = this.hub.isLagging()
    this.metrics.lagging.set(isLagging ? 1 : 0)
    return isLagging
  }
}
