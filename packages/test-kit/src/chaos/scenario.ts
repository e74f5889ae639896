import { comparePositions } from '@derm/contract'
import { getSeedIds } from '@derm/database'
import { waitUntil } from '@derm/local-servers'
import { signIn } from '../sign-in.ts'
import { startStack, type Stack, type StackOptions } from '../start-stack.ts'
import { auditClients, type Audit, type EventRow } from './audit.ts'
import { Changes } from './changes.ts'
import { PlainClient, type Row } from './plain-client.ts'

export type Scenario = {
  name: string
  /** At most so many resyncs per client and channel. */
  resyncsAllowed: number
  env?: Record<string, string>
  /** What Postgres has acknowledged survives its end. */
  isDurable?: boolean
  others?: StackOptions['others']
  /** Drives the changes, with the fault in between. */
  run(stack: Stack, changes: Changes): Promise<void>
}
export type Load = { clients: number; changes: number }
export type Result = Audit & { name: string; ok: boolean }

export const PAUSE_MS = 10

export const SCENARIOS = (load: Load): Scenario[] => {
  const half = Math.floor(load.changes / 2)
  return [
    {
      name: 'a node is killed',
      resyncsAllowed: 0,
      async run(stack, changes) {
        await changes.make(half, PAUSE_MS)
        await stack.nodes[0]!.kill('SIGKILL')
        await changes.make(load.changes - half, PAUSE_MS)
        stack.nodes[0]!.start()
      },
    },
    {
      name: 'an API pod is killed between publishing and marking',
      resyncsAllowed: 0,
      async run(stack, changes) {
        await changes.make(half, PAUSE_MS)
        const pod = stack.apis[0]!
        await pod.kill('SIGKILL')
        // It comes back as one that stops after publishing, and is killed there.
        pod.start({ FAULT_RELAY_PAUSE_AFTER_PUBLISH: '3000' })
        await pod.whenReady()
        const lines = () => stack.lines().filter((line) => line.includes('relay paused after publishing')).length
        const before = lines()
        const going = changes.make(load.changes - half, PAUSE_MS)
        await waitUntil(() => lines() > before, { what: 'the relay to stand between publishing and marking' })
        await pod.kill('SIGKILL')
        await going
        pod.start()
      },
    },
    {
      name: 'Postgres is killed in mid-load',
      resyncsAllowed: 0,
      isDurable: true,
      async run(stack, changes) {
        const going = changes.make(load.changes, PAUSE_MS)
        await waitUntil(() => changes.done >= half, { what: 'half of the changes', timeoutMs: 60_000 })
        await stack.postgres.killAndRestart()
        await going
      },
    },
    {
      name: 'Redis is restarted empty in mid-load',
      resyncsAllowed: 1,
      async run(stack, changes) {
        const going = changes.make(load.changes, PAUSE_MS)
        await waitUntil(() => changes.done >= half, { what: 'half of the changes', timeoutMs: 60_000 })
        await stack.redis.restartEmpty()
        await going
      },
    },
    {
      name: 'Redis is restarted empty after the last change',
      resyncsAllowed: 1,
      async run(stack, changes) {
        await changes.make(load.changes, PAUSE_MS)
        await stack.redis.restartEmpty()
      },
    },
  ]
}

/** Runs one scenario on a stack of its own, and holds every client against the event table and the rows. */
export async function runScenario(scenario: Scenario, load: Load): Promise<Result> {
  const stack = await startStack({
    isDurable: scenario.isDurable ?? false,
    env: { MAX_CONNECTIONS_PER_USER: '1000', ...scenario.env },
    ...(scenario.others ? { others: scenario.others } : {}),
  })
  try {
    const audit = await runWithClients(stack, load, async (changes) => {
      await scenario.run(stack, changes)
      if (changes.done < load.changes) throw new Error(`only ${changes.done} changes were made`)
    })
    const { lost, twice, wrongViews, faults, mostResyncs } = audit
    const ok = lost + twice + wrongViews + faults.length === 0 && mostResyncs <= scenario.resyncsAllowed
    return { name: scenario.name, ok, ...audit }
  } finally {
    await stack.stop()
  }
}

/** Connects plain clients to all nodes, drives changes, and audits the clients once they have caught up. */
export async function runWithClients(
  stack: Stack,
  load: { clients: number },
  drive: (changes: Changes, clients: readonly PlainClient[]) => Promise<void>,
): Promise<Audit> {
  const clients: PlainClient[] = []
  try {
    const { lakeside } = getSeedIds()
    const location = lakeside.locations['downtown']!
    const session = await signIn(stack.apis[1]!.url, stack.origin, lakeside.users['frontdesk']!.email)
    const token = async () => session.accessToken
    const from = new Date(Date.now() - 40 * 86_400_000).toISOString()
    const to = new Date(Date.now() + 20 * 86_400_000).toISOString()
    for (let i = 0; i < load.clients; i++)
      clients.push(
        new PlainClient({
          urlOf: (attempt) => stack.nodes[(i + attempt) % stack.nodes.length]!.url,
          apiUrl: () => stack.apis.find((api) => api.pid !== 0)!.url,
          origin: stack.origin,
          token,
          locationId: location.id,
          from,
          to,
        }),
      )
    await waitUntil(() => clients.every((client) => client.isSubscribed), {
      what: 'every client to be subscribed',
      timeoutMs: 30_000,
    })
    const rows = () =>
      stack.query<Row & { id: string }>(
        `SELECT id, version, status::text AS status, provider_id AS "providerId", starts_at AS "startsAt" FROM appointments
         WHERE location_id = $1 AND starts_at >= $2 AND starts_at < $3`,
        [location.id, from, to],
      )
    await drive(new Changes(stack, token, (await rows()).slice(0, 40)), clients)

    const channel = `${lakeside.tenantId}/l:${location.id}/scheduling`
    const events = await stack.query<EventRow>(
      'SELECT channel, epoch, seq::int AS seq, id, type FROM events WHERE channel = $1 ORDER BY epoch, seq',
      [channel],
    )
    const last = events.at(-1)!
    const isThere = (client: PlainClient) => {
      const cursor = client.cursor(channel)
      return cursor !== undefined && comparePositions(cursor, last) >= 0
    }
    // Who does not arrive is counted as lost below.
    await waitUntil(() => clients.every(isThere), { what: 'every client to be at the head', timeoutMs: 40_000 }).catch(
      () => {},
    )
    await Promise.all(clients.map((client) => client.settle()))
    const table = new Map((await rows()).map(({ id, ...row }) => [id, row]))
    return auditClients(clients, events, table)
  } finally {
    for (const client of clients) client.close()
  }
}
