import { describe, expect, it } from 'vitest'
import { requireServer } from './server.ts'
import { SESSION_SETTINGS, type Pooling } from './session.ts'

const SETTINGS = {
  ...SESSION_SETTINGS,
  client_encoding: 'UTF8',
  server_encoding: 'UTF8',
  role: 'held',
  statement_timeout: '1',
  lock_timeout: '1',
  idle_in_transaction_session_timeout: '1',
}

function open({ pid = 7, version = 18, isReplica = false } = {}) {
  const settings = Object.entries(SETTINGS).map(([name, setting]) => ({ name, setting }))
  const ask = async (sql: string) => (sql.includes('pg_backend_pid') ? [{ pid, version, isReplica }] : settings)
  return (processId: number, pooling: Pooling) =>
    requireServer({ processId, ask: ask as <Row>(sql: string) => Promise<Row[]> }, pooling)
}

describe('a server of Postgres', () => {
  it('[OPS37] that is too old, or a replica, is refused, with all that is wrong', async () => {
    await expect(open({ version: 14, isReplica: true })(7, 'none')).rejects.toThrow(
      /version 14 is older than 15.*replica/,
    )
    await expect(open({ version: 15 })(7, 'none')).resolves.toBeUndefined()
  })

  it('[OPS38] behind a pooler of which nothing was said is refused, with what to say', async () => {
    await expect(open()(1234, 'none')).rejects.toThrow('set DATABASE_POOLING to transaction or to session')
    for (const pooling of ['transaction', 'session'] as const)
      await expect(open()(1234, pooling)).resolves.toBeUndefined()
    // A proxy that passes bytes on, or a server that names no process, is none.
    await expect(open()(7, 'none')).resolves.toBeUndefined()
    await expect(open()(0, 'none')).resolves.toBeUndefined()
  })
})
