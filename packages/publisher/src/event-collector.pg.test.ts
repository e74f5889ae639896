import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseEnvelope, type ChannelName } from '@derm/contract'
import { shardOf } from '@derm/core'
import { createEventCollector } from './event-collector.ts'
import { readEvents } from './read-events.ts'
import { readPositions } from './read-positions.ts'
import { fromPg } from './sql-tx.ts'
import { createGate, createTestPool, createTestTenant, publish, type TestTenant } from './test-events.ts'
import { useTestDatabase } from '@derm/local-servers/testing'

const db = useTestDatabase()
let api: pg.Pool
let superuser: pg.Pool
beforeAll(() => {
  api = createTestPool(db.apiUrl, 20)
  superuser = createTestPool(db.superuserUrl, 4)
})
afterAll(() => Promise.all([api.end(), superuser.end()]))

async function asTenant<T>(tenant: TestTenant, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await api.connect()
  try {
    await client.query('BEGIN')
    await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenant.id])
    return await work(client)
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
}
const seqsOf = async (channel: ChannelName) => {
  const { rows } = await superuser.query('SELECT seq FROM events WHERE channel = $1 ORDER BY seq', [channel])
  return rows.map((row) => Number(row.seq))
}
const range = (length: number) => Array.from({ length }, (_, index) => index + 1)

describe('the flush', () => {
  it('[LOG2] gives each channel its next seqs, in the order in which the events were added', async () => {
    const tenant = createTestTenant(1)
    const [location, patients] = tenant.channels as [ChannelName, ChannelName]
    const first = await publish(api, tenant, [location, patients, location])
    const { positions, shards } = await publish(api, tenant, [patients, location])
    expect(Object.fromEntries(positions)).toMatchObject({ [location]: { seq: 3 }, [patients]: { seq: 2 } })
    expect(positions.get(location)?.epoch).toBe(first.positions.get(location)?.epoch)
    expect(shards).toEqual([...new Set([shardOf(location), shardOf(patients)])].toSorted((a, b) => a - b))
    expect(await seqsOf(location)).toEqual([1, 2, 3])
  })

  it('[LOG1] leaves nothing of a transaction that rolls back, and takes no seq for it', async () => {
    const tenant = createTestTenant(1)
    const channel = tenant.channels[0]!
    const fail = () => Promise.reject(new Error('changed its mind'))
    await expect(publish(api, tenant, [channel], { between: fail })).rejects.toThrow('changed its mind')
    expect(await seqsOf(channel)).toEqual([])
    await publish(api, tenant, [channel])
    await expect(publish(api, tenant, [channel, channel], { between: fail })).rejects.toThrow('changed its mind')
    await publish(api, tenant, [channel])
    expect(await seqsOf(channel)).toEqual([1, 2])
  })

  it('[LOG3] happens once: a second one throws, and an event after it throws', async () => {
    const tenant = createTestTenant(1)
    await asTenant(tenant, async (client) => {
      const collector = createEventCollector()
      collector.add(tenant.make(tenant.channels[0]!))
      await collector.flush(fromPg(client))
      await expect(collector.flush(fromPg(client))).rejects.toThrow('once')
      expect(() => collector.add(tenant.make(tenant.channels[0]!))).toThrow('flushed already')
    })
  })

  it('[LOG3] costs a transaction without events nothing', async () => {
    const never = { query: () => Promise.reject(new Error('no statement was expected')) }
    expect(await createEventCollector().flush(never)).toEqual({ positions: new Map(), shards: [] })
  })

  it('[LOG3] is one round trip, however many events and channels', async () => {
    const tenant = createTestTenant(5)
    await asTenant(tenant, async (client) => {
      let statements = 0
      const tx = fromPg(client)
      const counting = {
        query: <Row>(sql: string, parameters: readonly unknown[]) => (statements++, tx.query<Row>(sql, parameters)),
      }
      const collector = createEventCollector()
      for (let round = 0; round < 20; round++) collector.add(...tenant.channels.map(tenant.make))
      expect((await collector.flush(counting)).positions.size).toBe(6)
      expect(statements).toBe(1)
    })
  })

  it('[TEN1] refuses an event of another tenant than the transaction’s', async () => {
    const [mine, theirs] = [createTestTenant(1), createTestTenant(1)]
    await asTenant(mine, async (client) => {
      const collector = createEventCollector()
      collector.add(theirs.make(theirs.channels[0]!))
      await expect(collector.flush(fromPg(client))).rejects.toThrow(/row-level security/)
    })
  })

  it('[LOG8] a writer that freezes with a head in its hands is ended, and the next one goes on', async () => {
    const tenant = createTestTenant(1)
    const channel = tenant.channels[0]!
    const { opened: frozen, open: thaw } = createGate()
    const { opened: holds, open: held } = createGate()
    const first = publish(api, tenant, [channel], {
      async between(client) {
        await client.query(`SET LOCAL idle_in_transaction_session_timeout = '200ms'`)
        held()
        await frozen
      },
    })
    first.catch(() => {})
    await holds
    await publish(api, tenant, [channel])
    thaw()
    await expect(first).rejects.toThrow()
    expect(await seqsOf(channel)).toEqual([1])
  })
})

describe('sixteen writers at once', () => {
  it('[LOG2] [LOG4] leave no gap in any snapshot, no deadlock, and no trace of what was rolled back', async () => {
    const tenant = createTestTenant(3)
    const counts = new Map<ChannelName, number>()
    let isWriting = true
    let looks = 0

    async function write(writer: number): Promise<void> {
      for (let turn = 0; turn < 25; turn++) {
        const channels = range(1 + ((writer + turn) % 4)).map(
          (step) => tenant.channels[(writer * 7 + turn * 3 + step * (1 + (turn % 3))) % 4]!,
        )
        const isUndone = (writer * 31 + turn * 17) % 5 === 0
        const between = isUndone ? () => Promise.reject(new Error('undone')) : undefined
        try {
          await publish(api, tenant, channels, between ? { between } : {})
          for (const channel of channels) counts.set(channel, (counts.get(channel) ?? 0) + 1)
        } catch (error) {
          if ((error as Error).message !== 'undone') throw error
        }
      }
    }
    /** What the relay relies on: whatever commits while it reads, what it sees is a whole beginning. */
    async function look(): Promise<void> {
      while (isWriting) {
        const { rows } = await superuser.query(
          `SELECT channel, count(*) AS rows, max(seq) AS top, (SELECT seq FROM channel_heads h WHERE h.channel = e.channel) AS head
           FROM events e WHERE tenant_id = $1 GROUP BY channel`,
          [tenant.id],
        )
        for (const row of rows) expect([row.rows, row.head]).toEqual([row.top, row.top])
        looks++
      }
    }

    const watching = look()
    await Promise.all(range(16).map(write)).finally(() => (isWriting = false))
    await watching
    expect(looks).toBeGreaterThan(10)
    for (const [channel, count] of counts) expect(await seqsOf(channel)).toEqual(range(count))
    expect(counts.size).toBe(4)
  })
})

describe('reading back', () => {
  it('[LOG7] pages follow the cursor without a gap, as envelopes that the contract accepts', async () => {
    const tenant = createTestTenant(1)
    const channel = tenant.channels[0]!
    const origin = { mutationId: 'key-1', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
    const { positions } = await publish(api, tenant, [channel, channel, channel, channel, channel], { origin })
    const { epoch } = positions.get(channel)!
    await asTenant(tenant, async (client) => {
      const page = await readEvents(fromPg(client), { channel, epoch, after: 1, limit: 2 })
      expect(page).toMatchObject({ head: { epoch, seq: 5 }, base: 0, more: true })
      expect(page.events.map((event) => event.seq)).toEqual([2, 3])
      expect(page.events.map((event) => parseEnvelope(event))).toMatchObject([origin, origin])
      const last = await readEvents(fromPg(client), { channel, epoch, after: 3, limit: 2 })
      expect(last).toMatchObject({ events: [{ seq: 4 }, { seq: 5 }], more: false })
      const none = await readEvents(fromPg(client), { channel, epoch, after: 5, limit: 2 })
      expect(none).toMatchObject({ events: [], more: false })
    })
  })

  it('[LOG7] says when the history has ended, and when it was trimmed', async () => {
    const tenant = createTestTenant(1)
    const channel = tenant.channels[0]!
    const { positions } = await publish(api, tenant, [channel, channel, channel])
    const { epoch } = positions.get(channel)!
    const read = (ask: { epoch: string; after: number }) =>
      asTenant(tenant, (client) => readEvents(fromPg(client), { channel, limit: 10, ...ask }))
    await expect(read({ epoch: '0000000000000001', after: 0 })).rejects.toMatchObject({ code: 'epoch_changed' })
    await expect(read({ epoch, after: 9 })).rejects.toMatchObject({ code: 'epoch_changed' })
    await superuser.query('DELETE FROM events WHERE channel = $1 AND seq = 1', [channel])
    await expect(read({ epoch, after: 0 })).rejects.toMatchObject({ code: 'history_trimmed' })
    await expect(read({ epoch, after: 1 })).resolves.toMatchObject({ events: [{ seq: 2 }, { seq: 3 }] })
  })

  it('[LOG6] positions are those of the committed past; a channel without events is at 0 of the epoch it will begin with', async () => {
    const tenant = createTestTenant(1)
    const [location, patients] = tenant.channels as [ChannelName, ChannelName]
    const read = () => asTenant(tenant, (client) => readPositions(fromPg(client), [location, patients]))
    const before = await read()
    expect(before.get(location)?.seq).toBe(0)
    await publish(api, tenant, [location, location], {
      between: async () => expect((await read()).get(location)?.seq).toBe(0),
    })
    expect((await read()).get(location)).toEqual({ epoch: before.get(location)?.epoch, seq: 2 })
    expect((await read()).get(patients)?.seq).toBe(0)
  })

  it('[LOG5] a lost past ends every history: a later epoch from the same seq on, and nothing old is published any more', async () => {
    const tenant = createTestTenant(1)
    const channel = tenant.channels[0]!
    const { positions } = await publish(api, tenant, [channel, channel])
    const { epoch } = positions.get(channel)!
    await superuser.query('SELECT start_event_epoch()')
    const next = (await publish(api, tenant, [channel])).positions.get(channel)!
    expect(next.seq).toBe(3)
    expect(next.epoch > epoch).toBe(true)
    const { rows } = await superuser.query('SELECT seq FROM events WHERE channel = $1 AND published_at IS NULL', [
      channel,
    ])
    expect(rows).toEqual([{ seq: '3' }])
    const fresh = createTestTenant(1)
    expect((await publish(api, fresh, [fresh.channels[0]!])).positions.get(fresh.channels[0]!)?.epoch).toBe(next.epoch)
  })
})
