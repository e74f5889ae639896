import { waitUntil } from '@derm/local-servers'
import { scrapeMetric } from '../scrape-metrics.ts'
import type { Stack } from '../start-stack.ts'

/** How soon a fault must show. */
const WITHIN_MS = 10_000

export type SeenIn = {
  service: 'apis' | 'nodes'
  /** A counter, whose rise on any pod or node tells of the fault; with labels as in the text: `derm_x_total{reason="OOM"}`. */
  metric: string
}

/** Watches from now on. `seen` resolves once one of the counters has risen. @throws when none has within ten seconds. */
export async function watchMetrics(stack: Stack, counters: readonly SeenIn[]): Promise<{ seen(): Promise<string> }> {
  const read = async ({ service, metric }: SeenIn) => {
    let sum = 0
    for (const { adminUrl, pid } of stack[service])
      if (pid !== 0) sum += await scrapeMetric(adminUrl, metric).catch(() => 0)
    return sum
  }
  const before = await Promise.all(counters.map(read))
  return {
    seen: () =>
      waitUntil(
        async () => {
          for (const [i, counter] of counters.entries()) if ((await read(counter)) > before[i]!) return counter.metric
          return null
        },
        {
          what: `one of ${counters.map(({ metric }) => metric).join(', ')} to rise`,
          timeoutMs: WITHIN_MS,
          everyMs: 200,
        },
      ),
  }
}
