import { createServer, type AddressInfo } from 'node:net'
import pg from 'pg'
import { expect, it } from 'vitest'
import { toCodedError } from './database-error.ts'

it('a connection that breaks, for which pg has no code, is trouble that passes', async () => {
  const server = createServer((socket) => socket.once('data', () => socket.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = new pg.Client({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, user: 'x' })
  client.on('error', () => {})
  const error = await client.connect().catch((lost: unknown) => lost)
  server.close()
  expect((error as { code?: unknown }).code).toBeUndefined()
  expect(toCodedError(error)).toMatchObject({ code: 'unavailable', details: { retryAfter: 1 } })
  expect(toCodedError(new Error('wrapped', { cause: error }))).toMatchObject({ code: 'unavailable' })
  expect(toCodedError(new Error('a bug of ours'))).toMatchObject({ code: 'internal' })
})
