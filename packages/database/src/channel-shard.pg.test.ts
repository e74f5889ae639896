import type { ChannelName } from '@derm/contract'
import { shardOf } from '@derm/core'
import { useTestDatabase } from '@derm/local-servers/testing'
import pg from 'pg'
import { expect, it } from 'vitest'

const db = useTestDatabase()

it('places a channel in the same shard as the relay and the nodes do', async () => {
  const channels = Array.from({ length: 500 }, (_, i) => {
    const scope = [`l:${crypto.randomUUID()}`, 't', `u:${crypto.randomUUID()}`][i % 3]!
    return `${crypto.randomUUID()}/${scope}/${['scheduling', 'patients', 'inbox'][i % 3]!}` as ChannelName
  })
  const client = new pg.Client({ connectionString: db.superuserUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ shard: number }>(
      'SELECT channel_shard(name) AS shard FROM unnest($1::text[]) WITH ORDINALITY AS given (name, i) ORDER BY i',
      [channels],
    )
    expect(rows.map(({ shard }) => shard)).toEqual(channels.map(shardOf))
    expect(new Set(rows.map(({ shard }) => shard)).size).toBe(16)
  } finally {
    await client.end()
  }
})
