import { beforeAll, describe, expect, it } from 'vitest'
import { SYSTEM_USER_ID, type AuditEntry } from '@derm/contract'
import { useTestPod, type SignedIn } from '../testing/test-pod.ts'
import { signInAs } from '../testing/world.ts'

const pod = useTestPod()
const from = { 'x-forwarded-for': '203.0.113.44' }
let auditor: SignedIn
beforeAll(async () => {
  auditor = await signInAs(pod, 'lakeside', 'auditor')
})
const denied = async (query: string) =>
  (await auditor.get(`/audit?limit=500&action=access.denied&${query}`)).body.items as AuditEntry[]
const refresh = (cookie: string) => pod.nobody.post('/auth/refresh', undefined, { cookie, ...from })
const sessionOf = (cookie: string) => cookie.split('=')[1]!.split('.')[1]!
const auditStep = () => pod.pod.steps.find(({ name }) => name === 'audit')!

describe('[SEC45] a refused renewal is in the audit log', () => {
  const route = 'POST /auth/refresh'

  it('with a cookie of a session that has ended, or run out: by its user', async () => {
    const email = 'biller@lakeside.example'
    const [ended, old] = [await pod.signIn(email, { fresh: true }), await pod.signIn(email, { fresh: true })]
    await ended.post('/auth/logout')
    for (let n = 0; n < 3; n++) expect((await refresh(ended.cookie)).body.code).toBe('session_ended')
    const found = await denied(`actorId=${ended.user.id}`)
    expect(found).toEqual([
      expect.objectContaining({
        subjectId: sessionOf(ended.cookie),
        address: '203.0.113.44',
        details: { code: 'session_ended', route },
      }),
    ])
    await pod.sql(`UPDATE sessions SET expires_at = now() - interval '1 second' WHERE id = $1`, [sessionOf(old.cookie)])
    expect((await refresh(old.cookie)).status).toBe(401)
    expect(await denied(`actorId=${ended.user.id}`)).toHaveLength(2)
  })

  it('with access that was taken back', async () => {
    const { cookie, user } = await pod.signIn('frontdesk.north@lakeside.example', { fresh: true })
    await pod.sql('UPDATE user_access SET active = false WHERE user_id = $1', [user.id])
    expect((await refresh(cookie)).body.code).toBe('access_revoked')
    expect((await denied(`actorId=${user.id}`)).map(({ details }) => details)).toEqual([
      { code: 'access_revoked', route },
    ])
  })

  it('with a secret that never was the session’s: by nobody who is known, whether it has ended or not', async () => {
    const [live, ended] = [
      await pod.signIn('ma@lakeside.example', { fresh: true }),
      await pod.signIn('ma@lakeside.example', { fresh: true }),
    ]
    await ended.post('/auth/logout')
    for (const { cookie } of [live, ended]) {
      expect((await refresh(cookie.replace(/\.([^.]{8})[^.]+$/, `.$1${'A'.repeat(43)}`))).status).toBe(401)
      expect(await denied(`subjectId=${sessionOf(cookie)}`)).toEqual([
        expect.objectContaining({
          actorId: SYSTEM_USER_ID,
          details: { code: 'session_ended', route },
        }),
      ])
    }
    expect(await denied(`actorId=${live.user.id}`)).toEqual([])
  })
})

describe('[SEC45] a sign-in that names no account', () => {
  it('is counted apart, where the operator reads', async () => {
    const count = async () =>
      (await pod.pod.api.metrics.signIns.get()).values.find(({ labels }) => labels['outcome'] === 'unknown_account')
        ?.value ?? 0
    const before = await count()
    await pod.nobody.post('/auth/login', { email: 'nobody@lakeside.example', password: 'x' })
    expect(await count()).toBe(before + 1)
  })
})

describe('[SEC45] refusals that are only counted', () => {
  it('are an entry of their own when nothing follows, at the end of the minute and at the pod’s', async () => {
    const owner = await pod.signIn('owner@lakeside.example', { fresh: true })
    const counts = async () => (await denied(`actorId=${owner.user.id}`)).map(({ details }) => details?.['notWritten'])
    const refusals = pod.pod.api.refusals
    for (let n = 0; n < 5; n++) await owner.get('/audit')
    expect(refusals.takeCounted('ended')).toEqual([])
    expect(await counts()).toEqual([undefined])
    pod.clock.advance(61_000)
    expect(refusals.takeCounted('ended')).toEqual([
      expect.objectContaining({ actorId: owner.user.id, details: expect.objectContaining({ notWritten: 4 }) }),
    ])
    for (let n = 0; n < 3; n++) await owner.get('/audit')
    await auditStep().drain?.()
    expect(await counts()).toEqual([2, undefined, undefined])
    await auditStep().drain?.()
    expect(await counts()).toHaveLength(3)
  })
})
