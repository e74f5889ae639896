import { beforeAll, describe, expect, it } from 'vitest'
import type { AuditEntry } from '@derm/contract'
import { SYSTEM_USER_ID } from '@derm/contract'
import { ids, useTestPod, type SignedIn } from '../testing/test-pod.ts'
import { signInAs } from '../testing/world.ts'

const pod = useTestPod()
const from = (address: string) => ({ 'x-forwarded-for': address })
let auditor: SignedIn
beforeAll(async () => {
  auditor = await signInAs(pod, 'lakeside', 'auditor')
})
const read = async (query: string) => (await auditor.get(`/audit?limit=500&${query}`)).body.items as AuditEntry[]
const deniedTo = (user: SignedIn) => read(`action=access.denied&actorId=${user.user.id}`)

describe('[SEC37] what is refused is in the audit log, with who and whence', () => {
  it('a role that may not: by route and code', async () => {
    const biller = await pod.signIn('biller@lakeside.example', { fresh: true })
    const { headers } = await biller.get('/audit', from('203.0.113.77'))
    expect(await deniedTo(biller)).toEqual([
      expect.objectContaining({
        action: 'access.denied',
        actorId: biller.user.id,
        subjectType: 'route',
        subjectId: null,
        requestId: headers.get('x-request-id'),
        address: '203.0.113.77',
        details: { code: 'forbidden', route: 'GET /audit' },
      }),
    ])
  })

  it('another tenant’s record and another location’s: both are not there, and both are noted by the id', async () => {
    const desk = await pod.signIn('frontdesk@lakeside.example', { fresh: true })
    const [foreign] = ids.summit.patientIds
    const [elsewhere] = await pod.sql('SELECT id FROM appointments WHERE location_id = $1 LIMIT 1', [
      ids.lakeside.locations['harbor']?.id,
    ])
    expect((await desk.get(`/patients/${foreign}`)).status).toBe(404)
    expect((await desk.get(`/appointments/${elsewhere.id}`)).status).toBe(404)
    expect((await desk.post(`/appointments/${elsewhere.id}/check-in`, {}, { 'if-match': '"1"' })).status).toBe(404)
    const channel = `${ids.summit.tenantId}/t/patients`
    expect((await desk.get(`/events?channel=${channel}&epoch=0000000000000000&after=0`)).status).toBe(404)
    const found = (await deniedTo(desk)).map(({ subjectId, details }) => [
      subjectId,
      details?.['code'],
      details?.['route'],
    ])
    expect(found.toReversed()).toEqual([
      [foreign, 'not_found', 'GET /patients/:id'],
      [elsewhere.id, 'not_found', 'GET /appointments/:id'],
      [elsewhere.id, 'not_found', 'POST /appointments/:id/check-in'],
      [null, 'unknown_channel', 'GET /events'],
    ])
  })

  it('a session that has ended, and access that was taken back', async () => {
    const session = await pod.signIn('frontdesk.north@lakeside.example', { fresh: true })
    await session.post('/auth/logout', undefined, { cookie: session.cookie })
    expect((await session.get('/locations')).status).toBe(401)
    const owner = await signInAs(pod, 'lakeside', 'owner')
    const revoked = await pod.signIn('ma@lakeside.example', { fresh: true })
    await owner.post(`/admin/users/${revoked.user.id}/revoke`)
    expect((await revoked.get('/locations')).status).toBe(403)
    expect((await deniedTo(session)).map(({ details }) => details?.['code'])).toEqual(['session_ended'])
    expect((await deniedTo(revoked)).map(({ details }) => details?.['code'])).toEqual(['access_revoked'])
  })

  it('the same again is counted, not written, and the next entry says how many; a minute holds sixty', async () => {
    const owner = await pod.signIn('owner@lakeside.example', { fresh: true })
    await Promise.all(Array.from({ length: 20 }, () => owner.get('/audit')))
    expect(await deniedTo(owner)).toHaveLength(1)
    for (let n = 0; n < 70; n++) await owner.get(`/patients/${crypto.randomUUID()}`)
    const inMinute = await deniedTo(owner)
    expect(inMinute).toHaveLength(60)
    expect(inMinute.find(({ details }) => details?.['notWritten'])?.details?.['notWritten']).toBe(19)
    pod.clock.advance(61_000)
    await owner.get('/audit')
    expect((await deniedTo(owner))[0]?.details).toEqual({ code: 'forbidden', route: 'GET /audit', notWritten: 11 })
    expect(await deniedTo(owner)).toHaveLength(61)
  })

  it('what is no matter of access is not noted', async () => {
    const provider = await pod.signIn('provider@lakeside.example', { fresh: true })
    await provider.get('/patients/no-id')
    await provider.get('/nothing')
    await provider.post('/patients/search', { limit: -1 })
    expect(await deniedTo(provider)).toEqual([])
  })
})

describe('[SEC37] who signs in and out is in the audit log', () => {
  const cookieHeaders = (cookie: string, address: string) => ({ cookie, ...from(address) })

  it('sign-in, sign-out, a wrong password, and a refresh token that comes again', async () => {
    const email = 'pathology@lakeside.example'
    await pod.nobody.post('/auth/login', { email, password: 'wrong' }, from('2001:db8::7'))
    const { body, cookie = '' } = await pod.nobody.post(
      '/auth/login',
      { email, password: 'dermlive' },
      from('203.0.113.80'),
    )
    const { id } = body.user
    const first = await pod.nobody.post('/auth/refresh', undefined, { cookie })
    pod.clock.advance(31_000)
    await pod.nobody.post('/auth/refresh', undefined, cookieHeaders(cookie, '203.0.113.66'))
    expect(first.status).toBe(200)
    const other = await pod.signIn(email, { fresh: true })
    await pod.nobody.post('/auth/logout', undefined, cookieHeaders(other.cookie, '203.0.113.81'))

    const refused = await read(`action=session.refused&subjectId=${id}`)
    expect(refused).toEqual([
      expect.objectContaining({
        actorId: SYSTEM_USER_ID,
        address: '2001:db8::7',
        details: { code: 'bad_credentials' },
      }),
    ])
    const own = (await read(`action=session.&actorId=${id}`)).map(({ action, address }) => [action, address])
    expect(own.toSorted()).toEqual(
      [
        ['session.end', '203.0.113.81'],
        ['session.reused', '203.0.113.66'],
        ['session.start', '127.0.0.1'],
        ['session.start', '203.0.113.80'],
      ].toSorted(),
    )
  })

  it('the right password of somebody whose access was taken back', async () => {
    const email = 'frontdesk.north@lakeside.example'
    const { body } = await pod.nobody.post('/auth/login', { email, password: 'dermlive' })
    const { id } = body.user
    await pod.sql('UPDATE user_access SET active = false WHERE user_id = $1', [id])
    try {
      expect((await pod.nobody.post('/auth/login', { email, password: 'dermlive' }, from('203.0.113.90'))).status).toBe(
        403,
      )
      await expect
        .poll(() => read(`action=session.refused&subjectId=${id}`))
        .toEqual([expect.objectContaining({ address: '203.0.113.90', details: { code: 'access_revoked' } })])
    } finally {
      await pod.sql('UPDATE user_access SET active = true WHERE user_id = $1', [id])
    }
  })

  it('of an account that does not exist, no tenant’s log can tell', async () => {
    const count = async () =>
      Number((await pod.sql(`SELECT count(*) AS n FROM audit_log WHERE action = 'session.refused'`))[0].n)
    const before = await count()
    await pod.nobody.post('/auth/login', { email: 'nobody@lakeside.example', password: 'wrong' })
    expect(await count()).toBe(before)
  })
})

describe('[SEC38] reading events', () => {
  it('is in the audit log, with the channel and how many', async () => {
    const desk = await pod.signIn('frontdesk@lakeside.example', { fresh: true })
    const channel = `${ids.lakeside.tenantId}/t/patients`
    const [{ epoch }] = await pod.sql('SELECT epoch FROM channel_heads WHERE channel = $1', [channel])
    expect((await desk.get(`/events?channel=${channel}&epoch=${epoch}&after=0`)).status).toBe(200)
    const [entry] = await read(`action=events.read&actorId=${desk.user.id}`)
    expect(entry).toMatchObject({
      subjectType: 'channel',
      details: { channel: 't/patients', count: expect.any(Number) },
    })
  })
})
