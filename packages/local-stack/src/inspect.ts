/** What one process says of itself on its admin port. `metrics` is null when it does not answer. */
export type Inspected = { name: string; isReady: boolean; metrics: ReadonlyMap<string, number> | null }
export type InspectedProcess = { name: string; adminUrl: string }

const ANSWER_MS = 2_000

/** Asks all processes at once. One that does not answer keeps nobody waiting for longer than two seconds. [OPS51] */
export function inspectAll(processes: readonly InspectedProcess[], answerMs = ANSWER_MS): Promise<Inspected[]> {
  return Promise.all(
    processes.map(async ({ name, adminUrl }) => {
      try {
        const signal = AbortSignal.timeout(answerMs)
        const [ready, metrics] = await Promise.all([
          fetch(`${adminUrl}/readyz`, { signal }),
          fetch(`${adminUrl}/metrics`, { signal }),
        ])
        if (!metrics.ok) return { name, isReady: false, metrics: null }
        return { name, isReady: ready.ok, metrics: parseMetrics(await metrics.text()) }
      } catch {
        return { name, isReady: false, metrics: null }
      }
    }),
  )
}

/** Prometheus text, each metric summed over its labels. */
export function parseMetrics(text: string): Map<string, number> {
  const sums = new Map<string, number>()
  for (const line of text.split('\n')) {
    const found = /^([a-z_0-9]+)(?:\{.*\})? (\S+)$/i.exec(line)
    if (!found) continue
    const [, name = '', value] = found
    sums.set(name, (sums.get(name) ?? 0) + Number(value))
  }
  return sums
}

type Column = { title: string; of: string; unit?: 'ms' }
const LOOP: Column = { title: 'event loop p99', of: 'derm_nodejs_eventloop_lag_p99_seconds', unit: 'ms' }
const NODE: readonly Column[] = [
  { title: 'connections', of: 'derm_connections' },
  { title: 'channels', of: 'derm_channels' },
  { title: 'subscriptions', of: 'derm_subscriptions' },
  { title: 'late channels', of: 'derm_late_channels' },
  LOOP,
]
const POD: readonly Column[] = [
  { title: 'events waiting', of: 'derm_relay_lag_rows' },
  { title: 'oldest', of: 'derm_relay_lag_seconds', unit: 'ms' },
  { title: 'published', of: 'derm_relay_published_total' },
  LOOP,
]

/** A table of the nodes, one of the pods, and those that do not answer. */
export function formatInspected(all: readonly Inspected[]): string {
  const isNode = ({ metrics }: Inspected) => metrics?.has('derm_connections') === true
  const isPod = ({ metrics }: Inspected) => metrics?.has('derm_relay_published_total') === true
  const rest = all.filter((one) => !isNode(one) && !isPod(one))
  return [
    ...formatTable('node', NODE, all.filter(isNode)),
    ...formatTable('pod', POD, all.filter(isPod)),
    ...rest.map(({ name, metrics }) => `${name}: ${metrics ? 'is neither a node nor a pod' : 'does not answer'}`),
  ].join('\n')
}

function formatTable(title: string, columns: readonly Column[], rows: readonly Inspected[]): string[] {
  if (rows.length === 0) return []
  const cells = [
    [title, 'ready', ...columns.map((column) => column.title)],
    ...rows.map(({ name, isReady, metrics }) => [
      name,
      isReady ? 'yes' : 'NO',
      ...columns.map(({ of, unit }) => formatValue(metrics?.get(of), unit)),
    ]),
  ]
  const widths = cells[0]!.map((_, at) => Math.max(...cells.map((row) => row[at]!.length)))
  return [
    ...cells.map((row) =>
      row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  '),
    ),
    '',
  ]
}

/** What is not said, or not known, is no 0. */
function formatValue(value: number | undefined, unit?: 'ms'): string {
  if (value === undefined || Number.isNaN(value)) return '?'
  return unit === 'ms' ? `${Math.round(value * 1000)} ms` : String(value)
}
