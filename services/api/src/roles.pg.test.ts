import { expect, it } from 'vitest'
import { ids, useTestPod } from './testing/test-pod.ts'

const pod = useTestPod()
const { lakeside } = ids
const [downtown, north] = [lakeside.locations['downtown'], lakeside.locations['north']] as {
  id: string
  providerIds: string[]
}[]
const email = (user: string) => lakeside.users[user]?.email as string
const list = (location: string | undefined) =>
  `/appointments?locationId=${location}&from=2026-11-01T00:00:00Z&to=2026-12-31T00:00:00Z`
const body = (location: typeof downtown, hour: number) => ({
  locationId: location?.id,
  providerId: location?.providerIds[0],
  patientId: lakeside.patientIds[0],
  type: 'biopsy',
  startsAt: new Date(Date.UTC(2027, 7, 1, hour)).toISOString(),
  endsAt: new Date(Date.UTC(2027, 7, 1, hour, 30)).toISOString(),
})

it('[SEC] a role in one location sees and changes only there', async () => {
  const desk = await pod.signIn(email('frontdesk.north'))
  expect((await desk.get(list(north?.id))).status).toBe(200)
  expect(await desk.get(list(downtown?.id))).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  expect((await desk.post('/appointments', body(north, 8))).status).toBe(201)
  expect(await desk.post('/appointments', body(downtown, 8))).toMatchObject({
    status: 403,
    body: { code: 'forbidden' },
  })
  expect((await desk.get('/locations')).body.items.map(({ id }: { id: string }) => id)).toEqual([north?.id])
  const [elsewhere] = await pod.sql('SELECT id FROM appointments WHERE location_id = $1 LIMIT 1', [downtown?.id])
  expect(await desk.get(`/appointments/${elsewhere.id}`)).toMatchObject({ status: 404, body: { code: 'not_found' } })
  expect(await desk.post(`/appointments/${elsewhere.id}/confirm`, {}, { 'if-match': '"1"' })).toMatchObject({
    status: 404,
  })
})

it('[SEC] a biller reads the schedule and changes nothing', async () => {
  const biller = await pod.signIn(email('biller'))
  const { id } = (await (await pod.signIn(email('owner'))).post('/appointments', body(downtown, 9))).body
  expect((await biller.get(`/appointments/${id}`)).status).toBe(200)
  const refused = { status: 403, body: { code: 'forbidden' } }
  expect(await biller.post('/appointments', body(downtown, 10))).toMatchObject(refused)
  expect(await biller.post(`/appointments/${id}/check-in`, {}, { 'if-match': '"1"' })).toMatchObject(refused)
  expect(
    await biller.patch(`/patients/${lakeside.patientIds[0]}`, { phone: null }, { 'if-match': '"1"' }),
  ).toMatchObject(refused)
  expect(
    await biller.post('/waitlist', {
      locationId: downtown?.id,
      patientId: lakeside.patientIds[0],
      type: 'mohs',
      earliestDate: '2027-01-01',
    }),
  ).toMatchObject(refused)
})

it('[SEC] only an owner administers, and not themselves', async () => {
  const provider = await pod.signIn(email('provider'))
  const target = lakeside.users['biller']?.id
  expect(await provider.post(`/admin/users/${target}/revoke`)).toMatchObject({ status: 403 })
  expect(await provider.patch(`/admin/users/${target}/grants`, { grants: [] })).toMatchObject({ status: 403 })
  const owner = await pod.signIn(email('owner'))
  expect(await owner.post(`/admin/users/${owner.user.id}/revoke`)).toMatchObject({ status: 403 })
})

it('[SEC] other grants and a revocation are in force with the next request', async () => {
  const owner = await pod.signIn(email('owner'))
  const ma = await pod.signIn(email('ma'))
  const id = lakeside.users['ma']?.id
  const places = (await ma.get('/locations')).body.items
  expect(places.length).toBeGreaterThan(0)
  const before = (await pod.sql('SELECT version FROM user_access WHERE user_id = $1', [id]))[0].version

  const grants = [{ role: 'auditor', locationId: null }]
  expect(await owner.patch(`/admin/users/${id}/grants`, { grants })).toMatchObject({
    status: 200,
    body: { grants, active: true },
  })
  expect(await ma.get(list(places[0].id))).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  expect(await ma.post('/patients/search', {})).toMatchObject({ status: 403 })
  expect((await ma.get('/auth/me')).body.grants).toEqual(grants)

  expect(await owner.post(`/admin/users/${id}/revoke`)).toMatchObject({ status: 200, body: { active: false } })
  expect(await ma.get('/auth/me')).toMatchObject({ status: 403, body: { code: 'access_revoked' } })
  const after = (await pod.sql('SELECT version FROM user_access WHERE user_id = $1', [id]))[0].version
  expect(Number(after)).toBeGreaterThan(Number(before) + 1)
  expect(await pod.nobody.post('/auth/refresh', undefined, { cookie: ma.cookie })).toMatchObject({
    status: 401,
    body: { code: 'session_ended' },
  })
  expect(await pod.nobody.post('/auth/login', { email: email('ma'), password: 'dermlive' })).toMatchObject({
    status: 403,
    body: { code: 'access_revoked' },
  })
})
