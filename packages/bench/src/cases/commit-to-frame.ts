import { getSeedIds } from '@derm/database'
import { connectClient, signIn } from '@derm/test-kit'
import { Redis } from 'ioredis'
import pg from 'pg'
import { WebSocket } from 'ws'
import { startServer } from '../child.ts'
import { quantile } from '../median.ts'
import type { OurSystem } from '../our-system.ts'
import type { Table } from '../table.ts'
import { pause } from './delivery-cost.ts'

/** Milliseconds since 1970 with their fractions, to compare with Postgres' clock on the same machine. */
const wallClock = () => performance.timeOrigin + performance.now()

/**
 * From the flush inside the transaction (Postgres' clock) to the frame on a socket, light load, in turn: a whole request of ours, seen on
 * the other node; and a bare transaction followed by a bare PUBLISH to a `ws` server.
 */
export async function compareCommitToFrame({ stack }: OurSystem, { rounds = 200 } = {}): Promise<Table> {
  const { lakeside } = getSeedIds()
  const locationId = lakeside.locations['downtown']!.id
  const session = await signIn(stack.apis[0]!.url, stack.origin, lakeside.users['owner']!.email)
  const client = await connectClient({ url: stack.nodes[1]!.url, origin: stack.origin, token: session.accessToken })
  await client.subscribe([{ topic: 'scheduling', location: locationId }])
  const redis = new Redis(stack.redis.url)
  const bare = await startServer('bare-ws', { REDIS_URL: stack.redis.url })
  const socket = new WebSocket(`ws://127.0.0.1:${bare.port}`)
  await new Promise((resolve) => socket.once('open', resolve))
  const pool = new pg.Pool({ connectionString: stack.databases.ownerUrl, max: 1 })
  await pool.query(
    'CREATE TABLE IF NOT EXISTS bench_commits (id uuid PRIMARY KEY, at timestamptz NOT NULL, body text NOT NULL)',
  )
  const [row] = await stack.query<{ id: string; version: number }>(
    'SELECT id, version FROM appointments WHERE location_id = $1 LIMIT 1',
    [locationId],
  )
  let { version } = row!

  async function timeOurs(): Promise<number> {
    const arrived = new Promise<number>((resolve) =>
      client.socket.once('appointment:updated', ({ id }: { id: string }) => {
        const now = wallClock()
        void stack
          .query<{ at: number }>('SELECT extract(epoch FROM at)::float8 * 1000 AS at FROM events WHERE id = $1', [id])
          .then(([row]) => resolve(now - row!.at))
      }),
    )
    const response = await fetch(`${stack.apis[0]!.url}/api/v1/appointments/${row!.id}`, {
      method: 'PATCH',
      headers: {
        authorization: `Bearer ${session.accessToken}`,
        'content-type': 'application/json',
        'if-match': `"${version}"`,
        'idempotency-key': crypto.randomUUID(),
        origin: stack.origin,
      },
      body: JSON.stringify({ note: `bench ${version}` }),
    })
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
    version++
    return arrived
  }

  async function timeBare(): Promise<number> {
    const arrived = new Promise<number>((resolve) =>
      socket.once('message', (data: Buffer) =>
        resolve(wallClock() - (JSON.parse(data.toString()) as { at: number }).at),
      ),
    )
    const db = await pool.connect()
    try {
      await db.query('BEGIN')
      const { rows } = await db.query<{ at: number }>(
        `INSERT INTO bench_commits VALUES (gen_random_uuid(), clock_timestamp(), $1) RETURNING extract(epoch FROM at)::float8 * 1000 AS at`,
        ['x'.repeat(400)],
      )
      await db.query('COMMIT')
      await redis.publish('bench:bare', JSON.stringify({ at: rows[0]!.at, filler: 'x'.repeat(400) }))
    } finally {
      db.release()
    }
    return arrived
  }

  const times = { ours: [] as number[], bare: [] as number[] }
  try {
    for (let i = -20; i < rounds; i++)
      for (const [name, time] of [
        ['ours', timeOurs],
        ['bare', timeBare],
      ] as const) {
        const ms = await Promise.race([
          time(),
          pause(5000).then(() => {
            throw new Error(name + ' hung')
          }),
        ])
        if (i >= 0) times[name].push(ms)
        await pause(10)
      }
  } finally {
    client.socket.disconnect()
    socket.close()
    redis.disconnect()
    await pool.end()
    await bare.stop()
  }
  const cells = (name: string, ms: readonly number[]) => [
    name,
    ...[0.5, 0.99].map((q) => `${quantile(ms, q).toFixed(1)} ms`),
  ]
  return {
    title: 'From the flush in the transaction to the frame on another node’s socket, light load',
    columns: ['', 'p50', 'p99'],
    rows: [cells('bare commit, bare PUBLISH, bare ws', times.bare), cells('DermLive', times.ours)],
    note: `${rounds} each, in turn; Postgres without fsync.`,
  }
}
