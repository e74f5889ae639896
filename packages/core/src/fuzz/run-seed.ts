import { World } from './world.ts'

/** A move of fate. `isLosing`: afterwards a resync may be the only right answer. */
type Move = { name: string; weight: number; isLosing?: true; make: (world: World) => void | Promise<void> }

const MOVES: readonly Move[] = [
  { name: 'time passes', weight: 10, make: ({ clock, dice }) => clock.advance(dice.between(1, 900)) },
  {
    name: 'a commit',
    weight: 12,
    make: (world) => world.commit(world.dice.pick(world.channels), world.dice.between(1, 4)),
  },
  {
    name: 'a burst',
    weight: 2,
    make: (world) => world.commit(world.dice.pick(world.channels), world.dice.between(20, 90)),
  },
  { name: 'a connection is cut', weight: 5, make: ({ dice, clients }) => dice.pick(clients).cut() },
  { name: 'a client comes', weight: 1, make: (world) => void (world.clients.length < 6 && world.addClient()) },
  { name: 'a page is loaded again', weight: 1, make: ({ dice, clients }) => dice.pick(clients).reload() },
  {
    name: 'live messages are lost',
    weight: 2,
    make: ({ eventLog, dice }) => void (eventLog.weather = { ...eventLog.weather, drop: dice.random() }),
  },
  {
    name: 'live messages come twice',
    weight: 1,
    make: ({ eventLog }) => void (eventLog.weather = { ...eventLog.weather, repeat: 0.4 }),
  },
  {
    name: 'live messages come late',
    weight: 1,
    make: ({ eventLog }) => void (eventLog.weather = { ...eventLog.weather, delay: 0.4 }),
  },
  {
    name: 'the weather clears',
    weight: 2,
    make: ({ eventLog }) => void (eventLog.weather = { drop: 0, repeat: 0, delay: 0 }),
  },
  {
    name: 'answers are lost',
    weight: 1,
    make: ({ eventLog, dice }) => void (eventLog.lostAnswers = dice.chance(0.5) ? 0.1 : 0),
  },
  { name: 'the feeds break', weight: 2, make: ({ eventLog }) => eventLog.memory.breakConnections() },
  {
    name: 'the log is emptied',
    weight: 1,
    make: ({ eventLog, dice }) => (dice.chance(0.5) ? eventLog.restartEmpty() : eventLog.memory.flush()),
  },
  {
    name: 'the log loses its newest entries',
    weight: 1,
    make: ({ eventLog, dice, channels }) => eventLog.memory.loseTail(dice.pick(channels), dice.between(1, 5)),
  },
  {
    name: 'a node dies',
    weight: 1,
    make: ({ nodes, dice }) => {
      const node = dice.pick(nodes)
      if (node.isUp) node.crash()
    },
  },
  {
    name: 'a node comes',
    weight: 3,
    make(world) {
      for (const i of [0, 1]) if (!world.nodes[i]!.isUp) return world.startNode(i)
    },
  },
  { name: 'a pod dies', weight: 1, make: (world) => world.killPod(world.dice.between(0, 1)) },
  {
    name: 'pods die between publishing and marking',
    weight: 1,
    make: (world) => void (world.deaths = world.dice.chance(0.5) ? 0.5 : 0),
  },
  {
    name: 'access is not confirmed',
    weight: 1,
    make: ({ dice, nodes }) => void (dice.pick(nodes).isConfirmed = false),
  },
  {
    name: 'access is confirmed again',
    weight: 3,
    make({ nodes }) {
      for (const node of nodes) if (node.isUp && !node.isConfirmed) node.confirmAgain()
    },
  },
  // What follows loses what only a resync can make good.
  {
    name: 'history is trimmed',
    weight: 1,
    isLosing: true,
    make: ({ eventLog, dice, channels }) => eventLog.memory.trimTo(dice.pick(channels), 1),
  },
  {
    name: 'the log cannot be reached for long',
    weight: 1,
    isLosing: true,
    make: ({ eventLog, dice }) => void (eventLog.memory.isDown = dice.chance(0.6)),
  },
  {
    name: 'an event is poison',
    weight: 1,
    isLosing: true,
    make: (world) => world.commit(world.dice.pick(world.channels), 1, 'not JSON'),
  },
  {
    name: 'Postgres fails over and loses events',
    weight: 1,
    isLosing: true,
    make(world) {
      world.outbox.failOver(world.dice.pick(world.channels), world.dice.between(1, 4))
      // A disaster takes both.
      if (world.dice.chance(0.5)) world.eventLog.restartEmpty()
    },
  },
]

export type Outcome = {
  seed: number
  moves: string[]
  faults: string[]
  applied: number
  resyncs: number
  /** Resyncs in a world without any loss that would justify one. */
  needlessResyncs: number
}

/** One life of a world, decided by its seed; half of the worlds know no fate that justifies a resync. */
export async function runSeed(seed: number, moves?: number): Promise<Outcome> {
  const world = new World(seed)
  const { dice } = world
  const isLossless = dice.chance(0.5)
  const possible = MOVES.filter((move) => !(isLossless && move.isLosing) && (move.weight > 2 || dice.chance(0.6)))
  const total = possible.reduce((sum, { weight }) => sum + weight, 0)
  const told: string[] = []
  const faults: string[] = []
  const count = moves ?? dice.between(40, 120)
  for (let i = 0; i < count && faultsOf(world).length === 0; i++) {
    let throwOf = dice.random() * total
    const move = possible.find(({ weight }) => (throwOf -= weight) < 0) ?? possible[0]!
    told.push(`${world.clock.now() % 1e9} ${move.name}`)
    await move.make(world)
    await world.clock.advance(dice.between(0, 60))
  }
  await world.heal()
  for (let i = 0; i < 8 && !isSettled(world); i++) await world.clock.advance(3000)
  faults.push(...faultsOf(world))
  for (const channel of world.channels) {
    const head = world.outbox.heads.get(channel)!
    for (const client of world.clients)
      if (!client.isAt(channel, head))
        faults.push(`${client.describe(channel)} of ${channel.slice(-12)}, the outbox at ${head.epoch}:${head.seq}`)
  }
  for (const node of world.nodes) if (node.hub.isLagging()) faults.push(`${node.name} still says that it is lagging`)
  if (world.outbox.pendingRows > 0) faults.push(`${world.outbox.pendingRows} events were never marked`)
  const resyncs = world.clients.reduce((sum, client) => sum + client.resyncs, 0)
  const applied = world.clients.reduce((sum, client) => sum + client.applied, 0)
  world.stop()
  await world.clock.advance(60_000)
  if (world.clock.waiting > 0) faults.push(`${world.clock.waiting} timers were left behind`)
  return { seed, moves: told, faults, applied, resyncs, needlessResyncs: isLossless ? resyncs : 0 }
}

const faultsOf = ({ clients }: World) => clients.flatMap((client) => client.faults)
const isSettled = ({ channels, clients, nodes, outbox }: World) =>
  nodes.every((node) => !node.hub.isLagging()) &&
  channels.every((channel) => clients.every((client) => client.isAt(channel, outbox.heads.get(channel)!)))
