import type { HubObserver } from '@derm/core/node'
import type { RealtimeMetrics } from './realtime-metrics.ts'

/** What the hub tells, as metrics. `now`: by the clock that dates the events, Postgres'. */
export function observeHub(metrics: RealtimeMetrics, now: () => number): HubObserver {
  return {
    delivered(count, at) {
      metrics.deliveries.inc(count)
      metrics.commitToDelivery.observe(Math.max(0, now() - at) / 1000)
    },
    gapFound: (how) => metrics.gapsFound.inc({ how }),
    repaired: (entries) => {
      metrics.gapsRepaired.inc()
      metrics.repairedEvents.inc(entries)
    },
    resynced: (reason, count) => metrics.resyncs.inc({ reason }, count),
    recovered: (outcome, entries) => {
      metrics.recoveries.inc({ outcome })
      if (outcome === 'recovered') metrics.recoverySize.observe(entries)
      if (outcome === 'resync') metrics.resyncs.inc({ reason: 'subscribe' })
    },
    foreignMessage: () => metrics.foreignMessages.inc({ where: 'event_log' }),
  }
}
