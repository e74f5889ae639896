import type { Tracing } from '@derm/runtime'

/**
 * The span of one transaction, with its second run after a deadlock. Its events carry `traceparent`, so what they bring about is part of the
 * same trace. [OPS45] `isFirst`: no request asked for it, the trace begins here.
 */
export function traceTransaction(tracing: Tracing | null, traceparent: string, { isFirst = false } = {}) {
  const span = tracing?.begin({ name: 'transaction', kind: 'internal', ...(isFirst ? {} : { parent: traceparent }) })
  return {
    traceparent: span?.traceparent ?? traceparent,
    async follow<Done>(work: Promise<Done>): Promise<Done> {
      if (!span) return work
      try {
        const done = await work
        span.end()
        return done
      } catch (error) {
        span.end({ hasFailed: true })
        throw error
      }
    },
  }
}
