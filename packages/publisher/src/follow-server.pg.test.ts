import { comparePositions } from '@derm/contract'
import { restoreCopy, useTestDatabase, type TestDatabase } from '@derm/local-servers/testing'
import type pg from 'pg'
import { expect, it } from 'vitest'
import { createPgRelayStore } from './pg-relay-store.ts'
import { createRelayPool } from './relay-pool.ts'
import { createTestPool, createTestTenant, publish } from './test-events.ts'

const db = useTestDatabase()
const tenant = createTestTenant(2)

async function withPools<Result>(
  { apiUrl, relayUrl }: TestDatabase,
  run: (api: pg.Pool, relay: pg.Pool) => Promise<Result>,
): Promise<Result> {
  const pools = [createTestPool(apiUrl, 2), createRelayPool(relayUrl)] as const
  try {
    return await run(...pools)
  } finally {
    await Promise.all(pools.map((pool) => pool.end()))
  }
}

it('[LOG11] an epoch ends with the history that it began in, once, whoever notices', async () => {
  const before = await withPools(db, async (api, relay) => {
    const { positions } = await publish(api, tenant, tenant.channels)
    // Restarts, other pods, other connections: the history goes on.
    expect(await createPgRelayStore(relay).followServer()).toBe(false)
    return positions
  })
  // A backup that is restored; what was written after it is lost, and its numbers are used again.
  const restored = await restoreCopy(db)
  try {
    await withPools(restored, async (api, relay) => {
      const store = createPgRelayStore(relay)
      const noticed = await Promise.all([store.followServer(), store.followServer(), store.followServer()])
      expect(noticed.filter(Boolean)).toHaveLength(1)
      expect(await store.followServer()).toBe(false)
      const { positions } = await publish(api, tenant, tenant.channels)
      for (const [channel, position] of positions) {
        expect(position.seq).toBe(before.get(channel)!.seq + 1)
        expect(comparePositions(position, { epoch: before.get(channel)!.epoch, seq: 1_000_000 })).toBe(1)
      }
    })
  } finally {
    await restored.drop()
  }
})

it('[LOG11] a server that does not tell its history leaves the epoch to operators', async () => {
  const superuser = createTestPool(db.superuserUrl, 1)
  try {
    await superuser.query(`UPDATE event_epoch SET server = 'another'`)
    await superuser.query(
      'CREATE OR REPLACE FUNCTION event_server_identity() RETURNS text LANGUAGE sql AS $$ SELECT NULL::text $$',
    )
    await withPools(db, async (_api, relay) => expect(await createPgRelayStore(relay).followServer()).toBe(false))
  } finally {
    await superuser.end()
  }
})
