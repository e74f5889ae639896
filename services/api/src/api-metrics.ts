import type { Metrics } from '@derm/service'

export type ApiMetrics = ReturnType<typeof createApiMetrics>

/** What the API counts. Labels are routes as declared, codes and outcomes: never a value that a request brought. */
export function createApiMetrics({ counter, gauge, histogram }: Metrics) {
  return {
    requests: histogram({ name: 'http_request_seconds', help: 'Time to answer', labels: ['method', 'route', 'status'] }),
    refused: counter({ name: 'http_refused_total', help: 'Requests refused, by code of the error catalogue', labels: ['code'] }),
    notModified: counter({ name: 'http_not_modified_total', help: 'Reads saved by a 304' }),
    idempotentRepeats: counter({ name: 'idempotent_repeats_total', help: 'Changes answered with the first answer' }),
    signIns: counter({ name: 'sign_ins_total', help: 'Sign-ins by outcome', labels: ['outcome'] }),
    refreshReuses: counter({ name: 'refresh_reuses_total', help: 'Sessions ended because a used refresh token came again' }),
    auditRows: counter({ name: 'audit_rows_total', help: 'Audit entries of reads written' }),
    auditBatches: counter({ name: 'audit_batches_total', help: 'Transactions that wrote them' }),
    unhandledRejections: counter({ name: 'unhandled_rejections_total', help: 'Promises that failed unheard' }),
    relayLagRows: gauge({ name: 'relay_lag_rows', help: 'Committed events that are not published yet' }),
    relayLagSeconds: gauge({ name: 'relay_lag_seconds', help: 'Age of the oldest of them' }),
    commitToPublish: histogram({ name: 'commit_to_publish_seconds', help: 'From the flush of an event to its publishing' }),
    relayPublished: counter({ name: 'relay_published_total', help: 'Events that this pod published' }),
    relayRefilled: counter({ name: 'relay_refilled_total', help: 'Channels that were brought back into Redis' }),
    relayFailures: counter({ name: 'relay_failures_total', help: 'Drains that failed', labels: ['reason'] }),
  }
}
