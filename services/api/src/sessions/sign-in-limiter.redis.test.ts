import type { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createLogger, createRedisConnections, type RedisConnections } from '@derm/runtime'
import { useTestRedis } from '@derm/test-kit'
import { createSignInLimiter, type SignInLimiter } from './sign-in-limiter.ts'

const redis = useTestRedis()
const logger = createLogger({ service: 'api', instance: 'test', level: 'silent' })
const email = 'frontdesk@lakeside.example'
const address = '198.51.100.7'
let connections: RedisConnections
let client: Redis
let limiter: SignInLimiter
let other: SignInLimiter

beforeAll(async () => {
  connections = createRedisConnections({ url: redis.url, instance: 'test', logger, commandDeadlineMs: 200 })
  client = connections.commands('sign-in')
  const second = connections.commands('other')
  for (const one of [client, second]) await whenReady(one)
  limiter = createSignInLimiter(client)
  other = createSignInLimiter(second)
})
afterAll(() => connections.close())
beforeEach(() => redis.command((one) => one.flushall()))

const whenReady = (one: Redis) =>
  one.status === 'ready' ? undefined : new Promise<void>((resolve) => void one.once('ready', () => resolve()))
const refused = { code: 'rate_limited', details: { retryAfter: expect.any(Number) } }
const failTimes = async (times: number) => {
  for (let i = 0; i < times; i++) await limiter.fail(email, address)
}

it('[SEC] ten wrong passwords for one email stop it at every pod, and a right one forgets them', async () => {
  await failTimes(9)
  await limiter.admit(email, address)
  await limiter.succeed(email, address)
  await failTimes(10)
  await expect(limiter.admit(email, address)).rejects.toMatchObject(refused)
  await expect(other.admit(email, address)).rejects.toMatchObject(refused)
  await other.admit('ma@lakeside.example', address)
  await other.admit(email, '198.51.100.8')
})

it('[SEC] six hundred attempts from one address stop all of its emails, and the answer says for how long', async () => {
  for (let i = 0; i < 600; i++) await limiter.admit(`${i}@lakeside.example`, address)
  const error = await other.admit(email, address).catch((reason: unknown) => reason)
  expect(error).toMatchObject(refused)
  const { retryAfter } = (error as { details: { retryAfter: number } }).details
  expect(retryAfter).toBeGreaterThan(0)
  expect(retryAfter).toBeLessThanOrEqual(60)
})

it('[SEC] Redis holds neither an email nor an address, and every count ends by itself', async () => {
  await limiter.admit(email, address)
  await limiter.fail(email, address)
  const keys = await redis.command((one) => one.keys('*'))
  expect(keys.sort()).toEqual([
    expect.stringMatching(/^derm:sign-in:attempts:[\w-]{22}$/),
    expect.stringMatching(/^derm:sign-in:failures:[\w-]{22}$/),
  ])
  for (const key of keys) expect(await redis.command((one) => one.ttl(key))).toBeGreaterThan(0)
})

it('[SEC] counts in its own memory while Redis answers nothing, and while it is gone', async () => {
  // Every client waits, as for a frozen server; the connection stays `ready`.
  await redis.command((one) => one.call('CLIENT', 'PAUSE', '3000', 'ALL'))
  expect(client.status).toBe('ready')
  await failTimes(5)
  await limiter.admit(email, address)
  await redis.stop()
  await failTimes(5)
  await expect(limiter.admit(email, address)).rejects.toMatchObject(refused)
  await limiter.admit('ma@lakeside.example', address)
  await redis.start()
  await whenReady(client)
  await limiter.admit(email, address)
})
