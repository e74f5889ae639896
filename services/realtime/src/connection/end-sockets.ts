import { EndSockets } from '@derm/contract'
import type { RealtimeMetrics } from '../metrics/realtime-metrics.ts'
import type { Members } from './members.ts'

/** Ends the sockets that another server names, each with the word why. What cannot be read ends nobody's. */
export function endSockets(members: Members, metrics: Pick<RealtimeMetrics, 'revocations'>, message: unknown): void {
  const order = EndSockets.safeParse(message)
  if (!order.success) return
  const { data } = order
  const ending =
    'userId' in data
      ? members.ofUser(data.userId)
      : members.all().filter(({ sessionId }) => sessionId === data.sessionId)
  for (const member of ending) {
    metrics.revocations.inc({ kind: 'by_message' })
    members.close(member, data.code)
  }
}
