import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

const PREFIX = 'derm_'

/** Labels whose values are people's or a tenant's own. No metric may have one: it would be a leak and a flood of series. */
const FORBIDDEN_LABELS = /user|patient|tenant|email|name|session|channel|mrn|^id$|_id$|Id$/i

/** Buckets in seconds, from a tenth of a millisecond to ten seconds. */
export const LATENCY_BUCKETS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

type Definition<Label extends string> = { name: string; help: string; labels?: readonly Label[] }

/** A service's metrics, all prefixed with `derm_`. Names are given without the prefix. */
export interface Metrics {
  registry: Registry
  counter<Label extends string>(definition: Definition<Label>): Counter<Label>
  /** With `collect`, the gauge is set when it is read: from what is known already. A scrape waits for nobody. [OPS30] */
  gauge<Label extends string>(definition: Definition<Label> & { collect?: (gauge: Gauge<Label>) => void }): Gauge<Label>
  histogram<Label extends string>(definition: Definition<Label> & { buckets?: readonly number[] }): Histogram<Label>
}

/**
 * A registry with the process's own metrics: CPU, memory, garbage collection, and the event loop's lag
 * (`derm_nodejs_eventloop_lag_p99_seconds` and its siblings).
 */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: PREFIX })
  const base = <Label extends string>({ name, help, labels = [] }: Definition<Label>) => {
    const forbidden = labels.find((label) => FORBIDDEN_LABELS.test(label))
    if (forbidden) throw new Error(`metric ${name}: the label ${forbidden} could hold a person's or a tenant's data`)
    return { name: `${PREFIX}${name}`, help, labelNames: [...labels], registers: [registry] }
  }
  return {
    registry,
    counter: (definition) => new Counter(base(definition)),
    gauge: (definition) => {
      const { collect } = definition
      if (!collect) return new Gauge(base(definition))
      return new Gauge({
        ...base(definition),
        collect() {
          return collect(this)
        },
      })
    },
    histogram: (definition) =>
      new Histogram({ ...base(definition), buckets: [...(definition.buckets ?? LATENCY_BUCKETS)] }),
  }
}
