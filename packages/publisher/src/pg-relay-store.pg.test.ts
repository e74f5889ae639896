import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { isPlausibleEpoch, type ChannelName } from '@derm/contract'
import { shardOf } from '@derm/core'
import type { OutboxRow } from '@derm/core/relay'
import { createPgRelayStore } from './pg-relay-store.ts'
import { createRelayPool } from './relay-pool.ts'
import { createGate, createTestPool, createTestTenant, publish } from './test-events.ts'
import { useTestDatabase } from '@derm/local-servers/testing'

const db = useTestDatabase()
let api: pg.Pool
let relays: [pg.Pool, pg.Pool]
let superuser: pg.Pool
beforeAll(() => {
  api = createTestPool(db.apiUrl, 8)
  relays = [0, 1].map(() => createRelayPool(db.relayUrl)) as [pg.Pool, pg.Pool]
  superuser = createTestPool(db.superuserUrl, 2)
})
afterAll(() => Promise.all([api, superuser, ...relays].map((pool) => pool.end())))

const range = (length: number) => Array.from({ length }, (_, index) => index + 1)
const seqs = (rows: readonly OutboxRow[]) => rows.map((row) => row.seq)

/** A tenant with at least two channels in one shard. */
function createNeighbours() {
  for (;;) {
    const tenant = createTestTenant(8)
    const [first, ...others] = tenant.channels as [ChannelName, ...ChannelName[]]
    const second = others.find((channel) => shardOf(channel) === shardOf(first))
    if (second) return { tenant, first, second, shard: shardOf(first) }
  }
}

describe('the relay’s store on Postgres', () => {
  it('[LOG9] two relays that fight for a shard publish each event once, in order', async () => {
    const { tenant, first, second, shard } = createNeighbours()
    const published = new Map<ChannelName, number[]>([
      [first, []],
      [second, []],
    ])
    let isWriting = true
    let turns = 0

    async function relay(pool: pg.Pool): Promise<void> {
      const store = createPgRelayStore(pool)
      for (let rows = 1; isWriting || rows > 0;) {
        rows = (await store.withShardLock(shard, { wait: true }, async (locked) => {
          const pending = await locked.pending(7)
          // A publishing that takes a while: the other relay waits for the lock meanwhile.
          for (const row of pending) {
            published.get(row.channel)?.push(row.seq)
            await new Promise(setImmediate)
          }
          await locked.mark(pending)
          turns++
          return pending.length
        })) as number
      }
    }
    const relaying = relays.map(relay)
    const written = range(6).map(async () => {
      for (let turn = 0; turn < 25; turn++) await publish(api, tenant, turn % 3 === 0 ? [first, second] : [first])
    })
    await Promise.all(written).finally(() => (isWriting = false))
    await Promise.all(relaying)
    expect(published.get(first)).toEqual(range(150))
    expect(published.get(second)).toEqual(range(54))
    expect(turns).toBeGreaterThan(10)
  })

  it('[LOG9] says busy, without waiting, while another owns the shard', async () => {
    const [one, two] = relays.map(createPgRelayStore)
    const inner = await one!.withShardLock(3, { wait: false }, () =>
      two!.withShardLock(3, { wait: false }, async () => 'mine'),
    )
    expect(inner).toBe('busy')
    expect(await two!.withShardLock(3, { wait: false }, async () => 'mine')).toBe('mine')
  })

  it('[LOG9] marks nothing when its work fails, or when its connection is lost', async () => {
    const { tenant, first, shard } = createNeighbours()
    await publish(api, tenant, [first, first])
    const store = createPgRelayStore(relays[0])
    const markAnd = (after: () => Promise<unknown>) =>
      store.withShardLock(shard, { wait: true }, async (locked) => {
        const rows = await locked.pending(10)
        await locked.mark(rows)
        await after()
        return seqs(rows)
      })
    await expect(markAnd(() => Promise.reject(new Error('Redis is away')))).rejects.toThrow('Redis is away')
    const cut = () =>
      superuser.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'derm_relay' AND datname = current_database() AND state = 'idle in transaction'`,
      )
    await expect(markAnd(cut)).rejects.toThrow()
    expect(await markAnd(async () => {})).toEqual([1, 2])
    expect(await markAnd(async () => {})).toEqual([])
  })

  it('[LOG8] a relay that freezes is ended, and the one that waits takes over what it has not marked', async () => {
    const { tenant, first, shard } = createNeighbours()
    await publish(api, tenant, [first])
    const hasty = createTestPool(db.relayUrl, 1, '-c idle_in_transaction_session_timeout=200')
    const { opened: frozen, open: thaw } = createGate()
    const { opened: holds, open: held } = createGate()
    const owner = createPgRelayStore(hasty).withShardLock(shard, { wait: true }, async (locked) => {
      const rows = await locked.pending(10)
      held()
      await frozen
      await locked.mark(rows)
    })
    owner.catch(() => {})
    await holds
    const taken = await createPgRelayStore(relays[1]).withShardLock(shard, { wait: true }, async (locked) =>
      seqs(await locked.pending(10)),
    )
    expect(taken).toEqual([1])
    thaw()
    await expect(owner).rejects.toThrow()
    await hasty.end()
  })

  it('[LOG8] goes on after Postgres has cut every connection', async () => {
    const store = createPgRelayStore(relays[0])
    await store.withShardLock(1, { wait: true }, async () => {})
    await superuser.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'derm_relay' AND datname = current_database()`,
    )
    await vi.waitFor(() => expect(store.withShardLock(1, { wait: true }, async () => 'on')).resolves.toBe('on'))
  })

  it('gives what is pending per channel from its lowest, without the channels that stand still', async () => {
    const { tenant, first, second, shard } = createNeighbours()
    await publish(api, tenant, [first, second, first, second, first])
    const other = tenant.channels.find((channel) => shardOf(channel) !== shard)!
    await publish(api, tenant, [other])
    await createPgRelayStore(relays[0]).withShardLock(shard, { wait: true }, async (locked) => {
      const ours = (rows: OutboxRow[]) => rows.filter((row) => row.channel.startsWith(tenant.id))
      const rows = ours(await locked.pending(1000))
      expect(seqs(rows.filter((row) => row.channel === first))).toEqual([1, 2, 3])
      expect(seqs(rows.filter((row) => row.channel === second))).toEqual([1, 2])
      expect(rows).toHaveLength(5)
      expect(Math.abs(rows[0]!.at - Date.now())).toBeLessThan(60_000)
      await locked.mark(rows.filter((row) => row.channel === first).slice(0, 2))
      expect(seqs(ours(await locked.pending(1000)).filter((row) => row.channel === first))).toEqual([3])
      expect(ours(await locked.pending(1000, [first])).map((row) => row.channel)).toEqual([second, second])
      expect(await locked.pending(1)).toHaveLength(1)
      expect(seqs(await locked.read(first, 1, 10))).toEqual([2, 3])
      expect(seqs(await locked.read(first, 0, 2))).toEqual([1, 2])
    })
  })

  it('knows the heads, all of them or the recent ones', async () => {
    const { tenant, first, shard } = createNeighbours()
    const { positions } = await publish(api, tenant, [first])
    await createPgRelayStore(relays[0]).withShardLock(shard, { wait: true }, async (locked) => {
      const head = { channel: first, ...positions.get(first)!, base: 0 }
      expect(await locked.heads(0)).toContainEqual(head)
      expect(await locked.heads(Date.now() - 1_000)).toContainEqual(head)
      expect(await locked.heads(Date.now() + 3_600_000)).toEqual([])
    })
  })

  it('[LOG5] starts an epoch later than both the old one and the log’s, and takes along what was not published', async () => {
    const { tenant, first, shard } = createNeighbours()
    const { positions } = await publish(api, tenant, [first, first, first])
    const old = positions.get(first)!.epoch
    // Of a server whose clock was ahead by an hour.
    const foreign = `${(Date.now() + 3_600_000).toString(16).padStart(12, '0')}aaaa`
    const head = await createPgRelayStore(relays[0]).withShardLock(shard, { wait: true }, async (locked) => {
      const rows = (await locked.pending(1000)).filter((row) => row.channel === first)
      await locked.mark(rows.slice(0, 2))
      const started = await locked.startEpoch(first, foreign)
      expect((await locked.pending(1000)).filter((row) => row.channel === first)).toMatchObject([
        { seq: 3, epoch: started.epoch },
      ])
      expect(seqs(await locked.read(first, 0, 10))).toEqual([3])
      return started
    })
    if (head === 'busy') throw new Error('nobody else relays here')
    expect(head).toMatchObject({ channel: first, seq: 3, base: 2 })
    expect([head.epoch > old, head.epoch > foreign]).toEqual([true, true])
    expect(head.epoch).toMatch(/^0[0-9a-f]{15}$/)
    expect((await publish(api, tenant, [first])).positions.get(first)).toEqual({ epoch: head.epoch, seq: 4 })
  })

  it('[SEC21] begins anew where an epoch far ahead of the clock stands, in Postgres or in the log', async () => {
    const { tenant, first, second, shard } = createNeighbours()
    await publish(api, tenant, [first, second])
    await superuser.query('UPDATE channel_heads SET epoch = $2 WHERE channel = $1', [first, '0ffffffffffffff0'])
    await superuser.query('UPDATE events SET epoch = $2 WHERE channel = $1', [first, '0ffffffffffffff0'])
    const heads = await createPgRelayStore(relays[0]).withShardLock(shard, { wait: true }, async (locked) => {
      const found = (await locked.heads(0)).filter(({ channel }) => channel === first || channel === second)
      expect(found.map(({ channel, isAhead }) => [channel, isAhead ?? false]).toSorted()).toEqual(
        [
          [first, true],
          [second, false],
        ].toSorted(),
      )
      return [await locked.startEpoch(first, ''), await locked.startEpoch(second, '0ffffffffffffff0')]
    })
    if (heads === 'busy') throw new Error('nobody else relays here')
    for (const { epoch } of heads) expect(isPlausibleEpoch(epoch, Date.now())).toBe(true)
    expect((await publish(api, tenant, [first])).positions.get(first)).toEqual({ epoch: heads[0]!.epoch, seq: 2 })
  })

  it('[SEC23] names the channels whose events wait too long, and no other', async () => {
    await superuser.query('UPDATE events SET published_at = clock_timestamp() WHERE published_at IS NULL')
    const { tenant, first, second, shard } = createNeighbours()
    await publish(api, tenant, [first, second])
    await superuser.query(`UPDATE events SET at = at - interval '3 seconds' WHERE channel = $1`, [first])
    const store = createPgRelayStore(relays[0])
    expect(await store.latePending(2000, 10)).toEqual([{ shard, channel: first }])
    expect(await store.latePending(0, 1)).toHaveLength(1)
  })

  it('[REL9] tells for how long the oldest row waits, by the server’s clock, and finds it in an index by time', async () => {
    await superuser.query('UPDATE events SET published_at = clock_timestamp() WHERE published_at IS NULL')
    const tenant = createTestTenant(1)
    const store = createPgRelayStore(relays[0])
    expect(await store.oldestPendingMs()).toBeNull()
    const back = (interval: string) =>
      superuser.query(`UPDATE events SET at = at - $1::interval WHERE published_at IS NULL`, [interval])
    await publish(api, tenant, [tenant.channels[0]!])
    expect(await store.oldestPendingMs()).toBeLessThan(5000)
    await back('8 seconds')
    expect(await store.oldestPendingMs()).toBeGreaterThan(8000)
    // Known to wait, it is not lost from view with the time; who comes later leaves it to the comparison of heads.
    await back('1 hour')
    await publish(api, tenant, [tenant.channels[0]!])
    expect(await createPgRelayStore(relays[0]).oldestPendingMs()).toBeLessThan(5000)
    await superuser.query('UPDATE events SET published_at = clock_timestamp() WHERE published_at IS NULL')
    expect(await store.oldestPendingMs()).toBeNull()
    await publish(api, tenant, [tenant.channels[0]!])
    await back('-1 hour')
    expect(await store.oldestPendingMs()).toBeGreaterThan(3_000_000)
    await superuser.query('UPDATE events SET published_at = clock_timestamp() WHERE published_at IS NULL')

    const { rows } = await superuser.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT at FROM events WHERE published_at IS NULL AND at >= now() - interval '15 s' ORDER BY at LIMIT 1`,
    )
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toMatch(/Index.* Scan using events_\d+_at_idx/)
    expect(plan).not.toMatch(/Seq Scan|-> +Sort/)
  })

  it('tells how far behind it is', async () => {
    const store = createPgRelayStore(relays[0])
    const before = await store.lag()
    const tenant = createTestTenant(1)
    await publish(api, tenant, [tenant.channels[0]!])
    const after = await store.lag()
    expect(after.rows).toBe(before.rows + 1)
    expect(after.seconds).toBeGreaterThanOrEqual(0)
  })
})
