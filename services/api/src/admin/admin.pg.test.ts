import pg from 'pg'
import { expect, it } from 'vitest'
import { waitUntil } from '@derm/test-kit'
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

it('[SEC11] of two owners who revoke each other at once, one stays', async () => {
  const second = lakeside.users['frontdesk']!.id
  const owner = await pod.signIn(email('owner'))
  await owner.patch(`/admin/users/${second}/grants`, { grants: [{ role: 'owner', locationId: null }] })
  const other = await pod.signIn(email('frontdesk'))
  // Both have been let in as owners before either is done.
  const holding = new pg.Client(pod.database.superuserUrl)
  await holding.connect()
  await holding.query('BEGIN')
  await holding.query('SELECT FROM user_access WHERE user_id = ANY($1) FOR UPDATE', [[owner.user.id, second]])
  const going = [owner.post(`/admin/users/${second}/revoke`), other.post(`/admin/users/${owner.user.id}/revoke`)]
  const waiting = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`
  await waitUntil(async () => (await pod.sql(waiting)).length === 2, { what: 'both to wait' })
  await holding.query('COMMIT')
  await holding.end()
  const answers = await Promise.all(going)
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 403])
  const rows = await pod.sql('SELECT active FROM user_access WHERE user_id = ANY($1)', [[owner.user.id, second]])
  expect(rows.map(({ active }) => active).sort()).toEqual([false, true])
})
