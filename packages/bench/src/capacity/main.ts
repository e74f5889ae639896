import { parseArgs } from 'node:util'
import { readFigures } from './figures.ts'
import { planCapacity, type Demand } from './plan-capacity.ts'

/**
 * `npm run capacity -- --locations 40 --staff 600 --events-per-minute 900`: how many processes that takes, from measured figures, and what binds first.
 */
const NUMBER = { type: 'string' } as const
const { values } = parseArgs({
  options: {
    locations: NUMBER,
    staff: NUMBER,
    'events-per-minute': NUMBER,
    'sockets-per-staff': NUMBER,
    audience: NUMBER,
    'reads-per-delivery': NUMBER,
    'channels-per-location': NUMBER,
    'return-seconds': NUMBER,
  },
})

function read(name: keyof typeof values, fallback?: number): number {
  const value = values[name] === undefined ? fallback : Number(values[name])
  if (value !== undefined && value > 0 && Number.isFinite(value)) return value
  process.stderr.write(`--${name} takes a number above 0\n`)
  process.exit(2)
}

const locations = read('locations')
const staff = read('staff')
const socketsPerStaff = read('sockets-per-staff', 1)
const demand: Demand = {
  locations,
  staff,
  eventsPerSecond: read('events-per-minute') / 60,
  socketsPerStaff,
  audience: read('audience', Math.max(1, (staff * socketsPerStaff) / locations)),
  readsPerDelivery: read('reads-per-delivery', 0.3),
  channelsPerLocation: read('channels-per-location', 4),
  returnSeconds: read('return-seconds', 10),
}
const { figures, machine } = readFigures()
const plan = planCapacity(demand, figures)
const { nodes, pods, limits } = plan
const round = (value: number) => (value >= 10 ? value.toFixed(0) : value.toFixed(2))
const lines = [
  `${round(plan.sockets)} sockets, ${round(demand.eventsPerSecond)} events/s, ${round(plan.deliveriesPerSecond)} deliveries/s, ${round(plan.readsPerSecond)} reads/s`,
  '',
  `realtime nodes  ${nodes}   ${round(plan.nodeCores)} cores, ${toMiB(figures.nodeBytes + (plan.sockets / nodes) * figures.connectionBytes)} MiB each`,
  `API pods        ${pods}   ${round(plan.apiCores)} cores`,
  `Redis           ${round(plan.redisCores)} cores, ${toMiB(plan.redisBytes)} MiB of history at most`,
  `Postgres        ${round(plan.postgresCores)} cores`,
  '',
  'What binds first, as the share that is used:',
  ...limits.map(({ what, used }) => `  ${(used * 100).toFixed(1).padStart(6)} %  ${what}`),
  '',
  `From figures of ${machine}. Half of each core is planned with, and one process more than needed; docs/operations/capacity.md says what is assumed.`,
]
process.stdout.write(`${lines.join('\n')}\n`)

function toMiB(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0)
}
