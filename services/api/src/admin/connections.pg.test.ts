import { ADAPTER_KEY, LIST_SOCKETS, type SocketAnswer } from '@derm/contract'
import { createSigner, openMessages, sealPublishing } from '@derm/core/redis'
import { parseSecretList } from '@derm/runtime'
import { Redis } from 'ioredis'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ids, useTestPod, type SignedIn } from '../testing/test-pod.ts'

const pod = useTestPod()
const { lakeside, summit } = ids
const SESSION = '00000000-0000-4000-8000-000000000042'
const SECRET = 'a secret that is long enough for tests'
const opened: Redis[] = []
let owner: SignedIn

beforeAll(async () => {
  owner = await pod.signIn(lakeside.users['owner']!.email)
})
afterEach(() => {
  for (const redis of opened.splice(0)) redis.disconnect()
})

const connect = () => {
  const redis = new Redis(pod.redisUrl)
  opened.push(redis)
  return redis
}
const socketOf = (userId: string) => ({
  ...{ userId, sessionId: SESSION, connectedForMs: 5_000, idleForMs: 1_000, channelCount: 1 },
  channels: ['t/patients'],
})
const answerOf = (userIds: string[]) =>
  ({ node: 'node-1', protocol: 1, count: userIds.length, sockets: userIds.map(socketOf) }) as SocketAnswer

/** A node of this test's: what it hears, and what it answers, sealed with a secret or not at all. */
async function startNode(
  answer: (question: any) => unknown,
  { secret = SECRET }: { secret?: string | null } = {},
): Promise<any[]> {
  const signerOf = (text: string) => createSigner(parseSecretList(text), 'adapter')
  const heard: any[] = []
  const pub = secret === null ? connect() : sealPublishing(connect(), signerOf(secret))
  const sub = connect()
  const guarded = openMessages(sub, signerOf(SECRET), () => {})
  guarded.on('messageBuffer', (_name: Buffer, payload: Buffer) => {
    const { requestId, data } = JSON.parse(payload.toString())
    const [name, question] = data
    if (name !== LIST_SOCKETS) return
    heard.push(question)
    const reply = answer(question)
    if (reply !== undefined)
      void pub.publish(`${ADAPTER_KEY}-response#/#`, JSON.stringify({ type: 6, requestId, data: reply }))
  })
  await sub.subscribe(`${ADAPTER_KEY}-request#/#`)
  return heard
}

describe('[OPS48] the sockets of a practice', () => {
  it('are asked for in the asker’s tenant, named from Postgres, and audited', async () => {
    const { id } = lakeside.users['frontdesk']!
    const heard = await startNode(() => answerOf([id]))
    const { status, body } = await owner.get('/admin/connections')
    expect(status).toBe(200)
    expect(heard).toEqual([{ tenantId: lakeside.tenantId }])
    const [row] = await pod.sql('SELECT display_name FROM users WHERE id = $1', [id])
    expect(body.users).toMatchObject([{ id, displayName: row.display_name, connections: [{ sessionId: SESSION }] }])
    expect(body.silent).toEqual({ count: 0, names: [] })
    const [entry] = await pod.sql(`SELECT actor_id, details FROM audit_log WHERE action = 'connections.list'`)
    expect(entry).toEqual({ actor_id: owner.user.id, details: { count: 1 } })
  })

  it('never show a user whom Postgres does not know as the tenant’s, whatever a node says', async () => {
    await startNode(() => answerOf([summit.users['owner']!.id, SESSION]))
    expect((await owner.get('/admin/connections')).body.users).toEqual([])
  })

  it.each(['provider', 'frontdesk', 'ma', 'biller'])('are not for %s, and no node is asked', async (role) => {
    const heard = await startNode(() => answerOf([]))
    const other = await pod.signIn(lakeside.users[role]!.email)
    expect(await other.get('/admin/connections')).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    expect(heard).toEqual([])
  })

  it('are not for an owner who is none any more when the answers come', async () => {
    const other = await pod.signIn(summit.users['owner']!.email, { fresh: true })
    // The test's node says nothing until the session has ended: the question's time runs out after it.
    await startNode(() => void pod.sql('UPDATE sessions SET ended_at = now() WHERE user_id = $1', [other.user.id]))
    expect(await other.get('/admin/connections')).toMatchObject({ status: 401, body: { code: 'session_ended' } })
  })
})

describe('[OPS49] what is missing is said', () => {
  it('no node at all: unavailable', async () => {
    expect(await owner.get('/admin/connections')).toMatchObject({ status: 503, body: { code: 'unavailable' } })
  })

  it('a node that is silent, or answers what is none', async () => {
    await startNode(() => answerOf([]))
    expect((await owner.get('/admin/connections')).body.silent).toEqual({ count: 0, names: [] })
    for (const redis of opened.splice(0)) redis.disconnect()
    await startNode(() => ({ ...answerOf([]), sockets: [{ name: 'Ann' }] }))
    expect((await owner.get('/admin/connections')).body).toMatchObject({
      nodes: [],
      silent: { count: 1, names: ['node-1'] },
    })
  })

  it.each([null, 'a secret that no server of ours has ever had'])(
    'an answer sealed with %j is none',
    async (secret) => {
      await startNode(() => answerOf([owner.user.id]), { secret })
      expect((await owner.get('/admin/connections')).body).toMatchObject({ nodes: [], users: [], silent: { count: 1 } })
    },
  )
})

describe('[OPS50] an owner ends sessions', () => {
  const sessionOf = ({ accessToken }: SignedIn): string =>
    JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()).sid

  it('one, and the others stay', async () => {
    const [first, second] = [
      await pod.signIn(lakeside.users['ma']!.email, { fresh: true }),
      await pod.signIn(lakeside.users['ma']!.email, { fresh: true }),
    ]
    const path = `/admin/sessions/${sessionOf(first)}/end`
    expect(await owner.post(path)).toMatchObject({ status: 200, body: { hasEnded: true } })
    expect(await first.get('/auth/me')).toMatchObject({ status: 401, body: { code: 'session_ended' } })
    expect((await second.get('/auth/me')).status).toBe(200)
    expect(await owner.post(path)).toMatchObject({ status: 200, body: { hasEnded: false } })
    const entries = await pod.sql(
      `SELECT subject_id FROM audit_log WHERE action = 'user.end-session' AND subject_id = $1`,
      [sessionOf(first)],
    )
    expect(entries).toHaveLength(2)
  })

  it('all of a user, who may sign in again', async () => {
    const { id, email } = lakeside.users['biller']!
    const before = await pod.signIn(email, { fresh: true })
    expect(await owner.post(`/admin/users/${id}/end-sessions`)).toMatchObject({ status: 200 })
    expect((await before.get('/auth/me')).status).toBe(401)
    expect((await (await pod.signIn(email, { fresh: true })).get('/auth/me')).status).toBe(200)
  })

  it('not their own current one, and nobody else does', async () => {
    expect((await owner.post(`/admin/sessions/${sessionOf(owner)}/end`)).status).toBe(403)
    expect((await owner.post(`/admin/users/${owner.user.id}/end-sessions`)).status).toBe(403)
    const other = await pod.signIn(lakeside.users['provider']!.email)
    expect((await other.post(`/admin/sessions/${sessionOf(owner)}/end`)).status).toBe(403)
    expect((await other.post(`/admin/users/${owner.user.id}/end-sessions`)).status).toBe(403)
    expect((await owner.get('/auth/me')).status).toBe(200)
  })
})
