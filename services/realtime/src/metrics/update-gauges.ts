import type { RealtimeMetrics } from './realtime-metrics.ts'

type Sources = {
  members: { all(): readonly { channels: ReadonlySet<unknown> }[] }
  hub: { names(): Iterable<unknown> }
  access: { ageMs: number }
  pending: { size: number }
}

/** What is counted by the clock, and not when it happens. */
export function updateGauges(metrics: RealtimeMetrics, { members, hub, access, pending }: Sources): void {
  metrics.subscriptions.set(members.all().reduce((sum, { channels }) => sum + channels.size, 0))
  metrics.pendingConnections.set(pending.size)
  metrics.channels.set([...hub.names()].length)
  metrics.accessAge.set(Math.min(access.ageMs / 1000, 3600))
}
