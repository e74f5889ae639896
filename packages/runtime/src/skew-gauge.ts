import type { Metrics } from './metrics.ts'
import type { SharedClock } from './shared-clock.ts'

type Source = Pick<SharedClock, 'skewMs'>

/** How far this computer's clock is ahead, by whose clock: for an alert. `NaN` while it was never measured. [OPS30] */
export function addSkewGauge({ gauge }: Pick<Metrics, 'gauge'>, sources: Readonly<Record<string, Source>>): void {
  gauge({
    name: 'clock_skew_seconds',
    help: 'This process’ clock minus the named server’s. Nothing rests on it but what is logged; more than a second is worth a look',
    labels: ['against'],
    collect(skew) {
      for (const [against, source] of Object.entries(sources)) {
        const ms = source.skewMs()
        skew.set({ against }, ms === null ? NaN : ms / 1_000)
      }
    },
  })
}
