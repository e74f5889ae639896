import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { ADAPTER_KEY, parsePositions, type SessionId } from '@derm/contract'
import { parseSecretList } from '@derm/runtime'
import { SealCheck, createRedisEventLogWriter, createSigner } from '@derm/core/redis'
import { ids, useTestPod, type SignedIn } from './testing/test-pod.ts'

const pod = useTestPod()
const secrets = parseSecretList('a secret that is long enough for tests')
const signer = createSigner(secrets, 'event log')
const channel = `${ids.lakeside.tenantId}/t/patients` as Parameters<
  ReturnType<typeof createRedisEventLogWriter>['heads']
>[0][number]
let desk: SignedIn
let redis: Redis
let subscriber: Redis
const published: { channel: string; text: string; bytes: Buffer }[] = []

beforeAll(async () => {
  desk = await pod.signIn('frontdesk@lakeside.example')
  redis = new Redis(pod.redisUrl)
  subscriber = new Redis(pod.redisUrl)
  subscriber.on('pmessageBuffer', (_pattern, channel, bytes: Buffer) =>
    published.push({ channel: String(channel), text: String(bytes), bytes }),
  )
  await subscriber.psubscribe('*')
})
afterAll(() => {
  redis.disconnect()
  subscriber.disconnect()
})

async function rename(): Promise<{ epoch: string; seq: number }> {
  const path = `/patients/${ids.lakeside.patientIds[3]}`
  const { body } = await desk.get(path)
  const answer = await desk.patch(path, { firstName: `Name${body.version}` }, { 'if-match': `"${body.version}"` })
  return parsePositions(answer.headers.get('published'))?.['t/patients'] as { epoch: string; seq: number }
}

it('[REL3] a change is on Redis right after its commit, marked in Postgres, and measured', async () => {
  const position = await rename()
  const eventLog = createRedisEventLogWriter(redis, { signer })
  await vi.waitFor(async () => expect(await eventLog.heads([channel])).toEqual([position]))
  await vi.waitFor(async () => expect(await pod.sql('SELECT 1 FROM events WHERE published_at IS NULL')).toEqual([]))
  const { values } = await pod.pod.api.metrics.relayPublished.get()
  expect(values[0]?.value).toBeGreaterThanOrEqual(1)
  expect(published.filter(({ text }) => text.includes('patient:updated'))).toHaveLength(position.seq)
})

it('[REL4] what Redis has lost comes back', async () => {
  const position = await rename()
  await redis.flushdb()
  const eventLog = createRedisEventLogWriter(redis, { signer })
  await vi.waitFor(async () => expect(await eventLog.heads([channel])).toEqual([position]), { timeout: 15_000 })
})

it('[SES5] [SEC26] signing out and revoking tell every node, which says the word to its clients itself', async () => {
  const fresh = await pod.signIn('biller@lakeside.example', { fresh: true })
  const { sid } = JSON.parse(Buffer.from(fresh.accessToken.split('.')[1] as string, 'base64url').toString()) as {
    sid: SessionId
  }
  const check = new SealCheck(createSigner(secrets, 'adapter'))
  const orders = () =>
    published
      .filter(({ channel }) => channel.startsWith(ADAPTER_KEY))
      .map(({ channel, bytes }) => JSON.parse(String(check.open(channel, bytes))) as { data: unknown[] })
      .map(({ data }) => data)
  await fresh.post('/auth/logout')
  await vi.waitFor(() => expect(published.some(({ channel }) => channel.startsWith(ADAPTER_KEY))).toBe(true))
  expect(orders()).toEqual([['sockets:end', { code: 'session_ended', sessionId: sid }]])

  const owner = await pod.signIn('owner@lakeside.example')
  published.length = 0
  await owner.post(`/admin/users/${fresh.user.id}/revoke`)
  await vi.waitFor(() => expect(published.some(({ channel }) => channel.startsWith(ADAPTER_KEY))).toBe(true))
  expect(orders()).toEqual([['sockets:end', { code: 'access_revoked', userId: fresh.user.id }]])
})

it('[SEC] nothing on Redis names a person', () => {
  for (const { text } of published) expect(text).not.toMatch(/Name\d|@lakeside/)
})
