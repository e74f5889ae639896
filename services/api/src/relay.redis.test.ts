import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { ADAPTER_KEY, parsePositions, sessionRoom, userRoom, type SessionId, type UserId } from '@derm/contract'
import { parseSecretList } from '@derm/runtime'
import { createRedisEventLogWriter, createSigner } from '@derm/core/redis'
import { ids, useTestPod, type SignedIn } from './testing/test-pod.ts'

const pod = useTestPod()
const signer = createSigner(parseSecretList('a secret that is long enough for tests'), 'event log')
const channel = `${ids.lakeside.tenantId}/t/patients` as Parameters<
  ReturnType<typeof createRedisEventLogWriter>['heads']
>[0][number]
let desk: SignedIn
let redis: Redis
let subscriber: Redis
const published: { channel: string; text: string }[] = []

beforeAll(async () => {
  desk = await pod.signIn('frontdesk@lakeside.example')
  redis = new Redis(pod.redisUrl)
  subscriber = new Redis(pod.redisUrl)
  subscriber.on('pmessageBuffer', (_pattern, channel, message) =>
    published.push({ channel: String(channel), text: String(message) }),
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

it('[SES] signing out and revoking reach the sockets of every node, through the adapter’s channels', async () => {
  const fresh = await pod.signIn('biller@lakeside.example', { fresh: true })
  const { sid } = JSON.parse(Buffer.from(fresh.accessToken.split('.')[1] as string, 'base64url').toString()) as {
    sid: SessionId
  }
  await fresh.post('/auth/logout')
  const sent = (room: string) =>
    published.filter(({ channel, text }) => channel.startsWith(ADAPTER_KEY) && text.includes(room))
  await vi.waitFor(() =>
    expect(sent(sessionRoom(sid)).map(({ text }) => /closing|session_ended/.test(text))).toEqual([true, false]),
  )

  const owner = await pod.signIn('owner@lakeside.example')
  await owner.post(`/admin/users/${fresh.user.id}/revoke`)
  const room = userRoom(ids.lakeside.tenantId, fresh.user.id as UserId)
  await vi.waitFor(() => expect(sent(room)).toHaveLength(2))
  expect(sent(room)[0]?.text).toContain('access_revoked')
})

it('[SEC] nothing on Redis names a person', () => {
  for (const { text } of published) expect(text).not.toMatch(/Name\d|@lakeside/)
})
