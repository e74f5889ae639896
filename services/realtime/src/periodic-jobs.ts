import type { Clock } from '@derm/core'
import type { ChannelHub } from '@derm/core/node'
import type { AccessWatch } from './access/access-watch.ts'
import type { Member } from './connection/member.ts'
import type { Members } from './connection/members.ts'
import { checkTokenExpiry } from './connection/token-expiry.ts'
import { startRounds } from './delivery/cohort-rounds.ts'
import type { HeadsNotice } from './delivery/heads-notice.ts'
import type { LagNotice } from './delivery/lag-notice.ts'
import type { RealtimeMetrics } from './metrics/realtime-metrics.ts'
import { updateGauges } from './metrics/update-gauges.ts'

/** How often each client hears of its node, however little happens. A client that hears nothing for 8 s takes it for lagging. [SUB10] */
const HEARTBEAT_MS = 3000

export type PeriodicJobsContext = {
  members: Members
  hub: ChannelHub<Member>
  access: AccessWatch
  pending: { size: number }
  metrics: RealtimeMetrics
  clock: Pick<Clock, 'now'>
  lagNotice: LagNotice
  headsNotice: HeadsNotice
  headsEveryMs: number
}

/** What a node does by the clock. @returns what ends it. */
export function startPeriodicJobs(context: PeriodicJobsContext): () => void {
  const { members, metrics, clock, lagNotice, headsNotice, headsEveryMs } = context
  const all = () => members.all()
  const everySecond = () => {
    lagNotice.tell(all())
    checkTokenExpiry(members, clock.now())
    updateGauges(metrics, context)
  }
  const timers = [
    setInterval(everySecond, 1000),
    startRounds(HEARTBEAT_MS, all, (cohort) => lagNotice.sendHeartbeat(cohort)),
    startRounds(headsEveryMs, all, (cohort) => headsNotice.send(cohort)),
  ]
  return () => timers.forEach((timer) => clearInterval(timer))
}
