import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRedisUsers, type RedisUser, type RedisUsers } from './index.ts'
import { TestRedis } from './testing/index.ts'

let folder: string
let users: RedisUsers
let server: TestRedis
const opened: Redis[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'derm-users-'))
  users = await readRedisUsers(folder)
  server = new TestRedis(users)
  await server.start()
})
afterAll(async () => {
  for (const connection of opened) connection.disconnect()
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const as = (user: RedisUser) => {
  const connection = new Redis(users.urlOf(user, server.url), { retryStrategy: () => null })
  opened.push(connection)
  return connection
}
type Command = [name: string, ...args: string[]]
const HEADS = 'derm:{3}:heads'
const HISTORY = 'derm:{3}:h:c'
const SUM = 'return 1'

const writes: Command[] = [
  ['HSET', HEADS, 'c', 'x'],
  ['HDEL', HEADS, 'c'],
  ['XADD', HISTORY, '*', 'i', 'x'],
  ['DEL', HISTORY],
  ['SET', 'derm:{3}:caught-up', '1'],
  ['EVAL', "return redis.call('HSET', KEYS[1], 'c', 'x')", '1', HEADS],
  ['RENAME', HEADS, 'derm:io'],
]
const dangers: Command[] = [
  ['FLUSHALL'],
  ['CONFIG', 'SET', 'maxmemory', '1'],
  ['KEYS', '*'],
  ['ACL', 'LIST'],
  ['CLIENT', 'KILL', 'TYPE', 'pubsub'],
  ['SHUTDOWN'],
  ['REPLICAOF', '127.0.0.1', '1'],
  ['MONITOR'],
]
const publishEvent: Command = ['PUBLISH', 'derm:{3}:c:c', 'x']
const publishToAdapter: Command = ['PUBLISH', 'derm:io#/#', 'x']

/** What each role may do, and what it may not. Whatever the role, nothing of the server's. */
const ROLES: { user: RedisUser; may: Command[]; mayNot: Command[] }[] = [
  {
    user: 'derm_node',
    may: [
      ['HMGET', HEADS, 'c'],
      ['XRANGE', HISTORY, '-', '+'],
      publishToAdapter,
      ['PUBSUB', 'NUMSUB', 'derm:io-request#/#'],
    ],
    mayNot: [...writes, publishEvent, ['EVAL', SUM, '0'], ['GET', 'derm:sign-in:failures:x'], ['HGET', 'else', 'x']],
  },
  {
    user: 'derm_relay',
    may: [['HSET', HEADS, 'c', 'x'], ['XADD', HISTORY, '1-0', 'i', 'x'], publishEvent],
    mayNot: [
      publishToAdapter,
      ['GET', 'derm:sign-in:failures:x'],
      ['SUBSCRIBE', 'derm:{3}:c:c'],
      ['HSET', 'else', 'x', 'y'],
    ],
  },
  {
    user: 'derm_api',
    may: [['SET', 'derm:sign-in:attempts:x', '1'], publishToAdapter],
    mayNot: [
      ...writes,
      publishEvent,
      ['HGETALL', HEADS],
      ['SUBSCRIBE', 'derm:{3}:c:c'],
      ['SUBSCRIBE', 'derm:io-request#/#'],
      ['PUBLISH', 'derm:io-response#/#', 'x'],
      ['PSUBSCRIBE', '*'],
    ],
  },
]

describe('[SEC28] Redis users', () => {
  it('without a name nobody does anything', async () => {
    const { port, hostname } = new URL(server.url)
    const nobody = new Redis({ host: hostname, port: Number(port), retryStrategy: () => null })
    opened.push(nobody)
    nobody.on('error', () => {})
    await expect(nobody.ping()).rejects.toThrow('NOAUTH')
  })

  for (const { user, may, mayNot } of ROLES) {
    it(`${user} may do what its role is for`, async () => {
      const redis = as(user)
      for (const [name, ...args] of may)
        await expect(redis.call(name, ...args), `${name} ${args[0]}`).resolves.toBeDefined()
    })

    it(`${user} may do nothing else`, async () => {
      const redis = as(user)
      for (const [name, ...args] of [...mayNot, ...dangers])
        await expect(redis.call(name, ...args), `${name} ${args[0]}`).rejects.toThrow(/NOPERM|can't run this command/)
    })
  }

  it('the API hears what nodes answer', async () => {
    await expect(as('derm_api').subscribe('derm:io-response#/#')).resolves.toBe(1)
  })

  it('a node hears events and the adapter’s messages, and nothing else', async () => {
    const redis = as('derm_node')
    await expect(redis.subscribe('derm:{3}:c:c')).resolves.toBe(1)
    await expect(redis.subscribe('derm:io-request#/#')).resolves.toBe(2)
    await expect(redis.psubscribe('derm:io#/#*')).resolves.toBe(3)
    await expect(redis.psubscribe('*')).rejects.toThrow('NOPERM')
    await expect(redis.subscribe('else')).rejects.toThrow('NOPERM')
  })
})
