import { createServer, type AddressInfo } from 'node:net'
import { createPrisma } from '@derm/database'
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

it('a server that is not there is trouble that passes, however Prisma was asked', async () => {
  const prisma = createPrisma('postgres://nobody:x@127.0.0.1:1/none', { max: 1 })
  for (const ask of [
    () => prisma.$queryRaw`SELECT 1`,
    () => prisma.user.findFirst(),
    () => prisma.$transaction((tx) => tx.$queryRaw`SELECT 1`),
  ]) {
    const error = await ask().catch((lost: unknown) => lost)
    expect(toCodedError(error)).toMatchObject({ code: 'unavailable' })
  }
  await prisma.$disconnect()
})
