import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { findFreePort } from './ports.ts'
import { findProgram, run } from './program.ts'
import { startRedis, type RedisServer } from './redis.ts'
import { passwordOf, type RedisUsers } from './redis-users.ts'
import { waitUntil } from './wait-until.ts'

export type RedisClusterServers = {
  /** With three of the servers, and without a user. */
  url: string
  /** Moves this slot, with its keys, from the master that has it to another one. */
  moveSlot(slot: number): Promise<void>
  /** Kills the master that has this slot, and waits until another one has it. Only with replicas. */
  killMasterOf(slot: number): Promise<void>
  stop(): Promise<void>
}

type Member = { server: RedisServer; client: Redis; id: string }
const SLOTS = 16_384

/** Three masters, each with a replica where `replicas` is 1: real servers on the loopback address. */
export async function startRedisCluster(
  folder: string,
  { users, replicas = 0 }: { users?: RedisUsers; replicas?: 0 | 1 } = {},
): Promise<RedisClusterServers> {
  const cli = findProgram('redis-cli', 'valkey-cli')
  if (!cli)
    throw new Error('There is no redis-cli here to make a Cluster: install it (Debian: apt-get install redis-tools).')
  const members: Member[] = []
  const stop = async () => {
    for (const { client } of members) client.disconnect()
    await Promise.all(members.map(({ server }) => server.stop()))
  }
  try {
    for (let n = 0; n < 3 * (1 + replicas); n++) members.push(await startMember(join(folder, `member-${n}`), users))
    const addresses = members.map(({ server }) => `127.0.0.1:${server.port}`)
    const as = users ? ['--user', 'derm_admin', '--pass', passwordOf(users, 'derm_admin'), '--no-auth-warning'] : []
    await run(cli, [
      ...as,
      '--cluster',
      'create',
      ...addresses,
      '--cluster-replicas',
      String(replicas),
      '--cluster-yes',
    ])
    await waitUntil(async () => (await Promise.all(members.map(isWhole))).every(Boolean), {
      what: 'the Cluster to be whole',
    })
    for (const member of members) member.id = String(await member.client.call('CLUSTER', 'MYID'))
    const all = members.map(({ client }) => client)
    return {
      url: `redis-cluster://${addresses.slice(0, 3).join(',')}`,
      async moveSlot(slot) {
        const masters = await findMasters(members)
        const from = await ownerOf(masters, slot)
        const to = masters.find((member) => member !== from)!
        await to.client.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id)
        await from.client.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id)
        for (;;) {
          const keys = (await from.client.call('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[]
          if (keys.length === 0) break
          const auth = users ? ['AUTH2', 'derm_admin', passwordOf(users, 'derm_admin')] : []
          await from.client.call('MIGRATE', '127.0.0.1', to.server.port, '', 0, 5000, ...auth, 'KEYS', ...keys)
        }
        for (const member of [to, from]) await member.client.call('CLUSTER', 'SETSLOT', slot, 'NODE', to.id)
      },
      async killMasterOf(slot) {
        const victim = await ownerOf(await findMasters(members), slot)
        process.kill(victim.server.program!.pid, 'SIGKILL')
        victim.client.disconnect()
        members.splice(members.indexOf(victim), 1)
        const isTakenOver = async () => {
          const owner = await ownerOf(await findMasters(members), slot).catch(() => null)
          return owner !== null && (await isWhole(owner))
        }
        await waitUntil(isTakenOver, { what: 'a replica to take over', timeoutMs: 30_000 })
      },
      async stop() {
        for (const client of all) client.disconnect()
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startMember(folder: string, users: RedisUsers | undefined): Promise<Member> {
  await mkdir(folder, { recursive: true })
  const args = [
    '--cluster-enabled',
    'yes',
    '--cluster-node-timeout',
    '2000',
    '--cluster-port',
    String(await findFreePort()),
  ]
  if (users) args.push('--masteruser', 'derm_admin', '--masterauth', passwordOf(users, 'derm_admin'))
  const server = await startRedis({ port: await findFreePort(), folder, args, ...(users ? { users } : {}) })
  const client = new Redis(users?.urlOf('derm_admin', server.url) ?? server.url, { maxRetriesPerRequest: 3 })
  client.on('error', () => {})
  return { server, client, id: '' }
}

async function isWhole({ client }: Member): Promise<boolean> {
  const info = String(await client.call('CLUSTER', 'INFO'))
  return info.includes('cluster_state:ok') && info.includes(`cluster_slots_assigned:${SLOTS}`)
}

async function findMasters(members: readonly Member[]): Promise<Member[]> {
  const roles = await Promise.all(members.map(({ client }) => client.info('replication')))
  return members.filter((_, i) => roles[i]!.includes('role:master'))
}

/** As the masters themselves say. */
async function ownerOf(masters: readonly Member[], slot: number): Promise<Member> {
  for (const master of masters) {
    const ranges = (await master.client.call('CLUSTER', 'SLOTS')) as [number, number, [string, number, string]][]
    const id = ranges.find(([first, last]) => first <= slot && slot <= last)?.[2][2]
    const owner = masters.find((other) => other.id === id)
    if (owner) return owner
  }
  throw new Error(`nobody has slot ${slot}`)
}
