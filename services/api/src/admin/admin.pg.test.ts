import { expect, it } from 'vitest'
import { ids, useTestPod } from '../testing/test-pod.ts'

const pod = useTestPod()
const { lakeside } = ids
const email = (user: string) => lakeside.users[user]?.email as string
const list = (location: string | undefined) =>
  `/appointments?locationId=${location}&from=2026-11-01T00:00:00Z&to=2026-12-31T00:00:00Z`

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
