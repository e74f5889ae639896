import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { createRoles, migrate } from './index.ts'

const server = (user: string, database: string, password = 'pw') =>
  `postgres://${user}:${password}@127.0.0.1:54999/${database}`
export function useTestDatabase() {
  const name = `t_${crypto.randomUUID().replaceAll('-', '')}`
  const admin = async (sql: string) => {
    const client = new pg.Client(server('postgres', 'postgres', 'postgres'))
    await client.connect()
    await client.query(sql)
    await client.end()
  }
  const db = {
    superuserUrl: server('postgres', name, 'postgres'),
    ownerUrl: server('derm_owner', name),
    apiUrl: server('derm_api', name),
    relayUrl: server('derm_relay', name),
    realtimeUrl: server('derm_realtime', name),
  }
  beforeAll(async () => {
    await admin(`CREATE DATABASE ${name}`)
    await createRoles(db.superuserUrl, { owner: 'pw', api: 'pw', relay: 'pw', realtime: 'pw' })
    await migrate(db.ownerUrl)
  })
  afterAll(() => admin(`DROP DATABASE ${name} WITH (FORCE)`))
  return db
}
