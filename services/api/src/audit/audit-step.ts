import type { Clock, Logger, Timer } from '@derm/core'
import type { Step } from '@derm/runtime'
import type { AuditWriter } from './audit-writer.ts'
import type { Refusals } from './refusals.ts'

/** A refusal that was only counted is in the log two minutes later at most. */
const EVERY_MS = 60_000

export type AuditStepOptions = { audit: AuditWriter; refusals: Refusals; logger: Logger; clock: Clock }

/** Writes what was counted and not written, each minute and at the end, when no request is under way any more; then all that waits. */
export function createAuditStep({ audit, refusals, logger, clock }: AuditStepOptions): Step {
  let timer: Timer | undefined
  const write = (of: 'ended' | 'all') =>
    Promise.all(
      refusals
        .takeCounted(of)
        .map((row) =>
          audit
            .writeRow(row)
            .catch((error: unknown) =>
              logger.error({ tenantId: row.tenantId, error }, 'counted refusals could not be audited'),
            ),
        ),
    )
  function plan(): void {
    timer = clock.setTimeout(() => {
      void write('ended')
      plan()
    }, EVERY_MS)
  }
  return {
    name: 'audit',
    start: plan,
    async drain() {
      clock.clearTimeout(timer)
      await write('all')
      await audit.drain()
    },
  }
}
