import type { Figures } from './figures.ts'

/** What is to be served, at the peak. */
export type Demand = {
  locations: number
  staff: number
  eventsPerSecond: number
  /** Open windows of each of the staff. */
  socketsPerStaff: number
  /** Sockets that an event reaches. */
  audience: number
  /** Reads that follow one delivery: a screen that shows what changed reads it again, most within a window that joins several events. */
  readsPerDelivery: number
  /** Channels of one location that carry events. */
  channelsPerLocation: number
  /** Seconds within which all connections come back after a node's or a front door's end. */
  returnSeconds: number
}

/** The share of a core that is planned with: the rest is for peaks within the second, and for the other's work when one ends. */
export const USABLE_CORE = 0.5
/** Redis and Postgres have threads beside the one that is counted. */
const USABLE_REDIS_CORE = 0.6
/** Of the configuration's default `MAX_CONNECTIONS`. */
const USABLE_CONNECTIONS = 16_000
/** About how many entries of a channel Redis keeps. */
const ENTRIES_PER_CHANNEL = 2_000
/** Cores of a Postgres beyond which it is no longer one ordinary server. */
const LARGE_POSTGRES_CORES = 32
/** Assumed: a message to one more listener costs Redis a third of the event's script. */
const FANOUT_SHARE = 1 / 3
const MAX_NODES = 10_000

export type Limit = { what: string; used: number }
export type CapacityPlan = {
  sockets: number
  deliveriesPerSecond: number
  readsPerSecond: number
  nodes: number
  pods: number
  nodeCores: number
  apiCores: number
  redisCores: number
  redisBytes: number
  postgresCores: number
  /** What binds, the nearest to its limit first: the share that is used of what one process can do, or of one ordinary server. */
  limits: Limit[]
}

/** Processes for a demand, from measured figures: CPU at half of each core, and one process more than that needs. */
export function planCapacity(demand: Demand, figures: Figures): CapacityPlan {
  const { eventsPerSecond, audience } = demand
  const sockets = demand.staff * demand.socketsPerStaff
  const deliveriesPerSecond = eventsPerSecond * audience
  const readsPerSecond = deliveriesPerSecond * demand.readsPerDelivery
  const { count, cores: nodeCores, hearing } = planNodes(demand, figures, sockets)
  const apiCores = toCores(eventsPerSecond * figures.changeUs + readsPerSecond * figures.readUs)
  const postgresCores = toCores(eventsPerSecond * figures.postgresChangeUs + readsPerSecond * figures.postgresReadUs)
  const redisUs = figures.redisEventUs * (1 + FANOUT_SHARE * Math.max(0, hearing - 1))
  const redisCores = toCores(eventsPerSecond * redisUs)
  const redisBytes = demand.locations * demand.channelsPerLocation * ENTRIES_PER_CHANNEL * figures.redisEntryBytes
  const limits: Limit[] = [
    { what: 'Redis, the one core of one server', used: redisCores / USABLE_REDIS_CORE },
    { what: 'Redis, a Cluster of 16 masters', used: redisCores / USABLE_REDIS_CORE / 16 },
    { what: `Postgres, ${LARGE_POSTGRES_CORES} cores of one server`, used: postgresCores / LARGE_POSTGRES_CORES },
    { what: 'node, deliveries of one event in a tenth of a second', used: (audience * figures.deliveryUs) / 100_000 },
  ]
  return {
    sockets,
    deliveriesPerSecond,
    readsPerSecond,
    nodes: count,
    pods: withSpare(apiCores / USABLE_CORE),
    nodeCores,
    apiCores,
    redisCores,
    redisBytes,
    postgresCores,
    limits: limits.toSorted((a, b) => b.used - a.used),
  }
}

/** Each node hears the channels that one of its sockets follows: the more nodes, the more often an event is heard. */
function planNodes(demand: Demand, figures: Figures, sockets: number) {
  const { eventsPerSecond, audience, returnSeconds } = demand
  const shared =
    eventsPerSecond * audience * figures.deliveryUs +
    sockets * figures.idleUsPerSecond +
    (sockets * figures.connectUs) / returnSeconds
  for (let count = 1; count < MAX_NODES; count++) {
    const hearing = nodesThatHear(count, audience)
    const cores = toCores(shared + eventsPerSecond * hearing * figures.heardEventUs)
    if (cores / count <= USABLE_CORE && sockets / count <= USABLE_CONNECTIONS)
      return { count: count + 1, cores, hearing: nodesThatHear(count + 1, audience) }
  }
  throw new Error('no number of nodes serves this')
}

/** Of so many nodes, over which an audience is spread by chance. */
export function nodesThatHear(nodes: number, audience: number): number {
  return nodes * (1 - (1 - 1 / nodes) ** audience)
}

const toCores = (usPerSecond: number) => usPerSecond / 1e6
const withSpare = (needed: number) => Math.max(1, Math.ceil(needed)) + 1
