import { SESSION_OPTIONS } from '@derm/core/postgres'
import pg from 'pg'

/**
 * For operators, after Postgres itself lost committed events (restored from a backup, failed over to a replica that lagged):
 * ends every channel's history, so that no client takes a new event for one that it has already seen. Every client resyncs.
 * `ownerUrl`: derm_owner. Answers the new epoch.
 */
export async function startEventEpoch(ownerUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: ownerUrl, options: SESSION_OPTIONS })
  await client.connect()
  try {
    const { rows } = await client.query<{ epoch: string }>('SELECT start_event_epoch() AS epoch')
    return rows[0]?.epoch ?? ''
  } finally {
    await client.end()
  }
}
