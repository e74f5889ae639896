import { beforeAll, expect, it } from 'vitest'
import { ids, useTestPod, type SignedIn } from './testing/test-pod.ts'

const pod = useTestPod()
const { lakeside, summit } = ids
const theirs = summit.locations['main'] as { id: string; providerIds: string[]; roomIds: string[] }
const ours = lakeside.locations['downtown'] as typeof theirs
const slot = { startsAt: '2027-07-01T15:00:00Z', endsAt: '2027-07-01T15:30:00Z' }
let owner: SignedIn
let foreign: { appointment: string; entry: string; patient: string; user: string; session: string; epoch: string }

/** Routes of no aggregate that can ask for something of another tenant's: what they ask for, and nothing else refuses them. */
const FOREIGN: [method: string, path: string, url: () => string, body?: object][] = [
  ['get', '/locations/:id', () => `/locations/${theirs.id}`],
  ['get', '/providers/:id', () => `/providers/${theirs.providerIds[0]}`],
  ['get', '/providers', () => `/providers?locationId=${theirs.id}`],
  [
    'get',
    '/events',
    () => `/events?channel=${summit.tenantId}/l:${theirs.id}/scheduling&epoch=${foreign.epoch}&after=0`,
  ],
  ['post', '/admin/users/:id/revoke', () => `/admin/users/${foreign.user}/revoke`],
  ['post', '/admin/users/:id/end-sessions', () => `/admin/users/${foreign.user}/end-sessions`],
  ['post', '/admin/sessions/:id/end', () => `/admin/sessions/${foreign.session}/end`],
  ['patch', '/admin/users/:id/grants', () => `/admin/users/${foreign.user}/grants`, { grants: [] }],
]

beforeAll(async () => {
  owner = await pod.signIn(lakeside.users['owner']?.email as string)
  const [appointment] = await pod.sql(
    `SELECT id FROM appointments WHERE tenant_id = $1 AND location_id = $2 AND status = 'scheduled' LIMIT 1`,
    [summit.tenantId, theirs.id],
  )
  const [entry] = await pod.sql('SELECT id FROM waitlist_entries WHERE tenant_id = $1 LIMIT 1', [summit.tenantId])
  const [{ epoch }] = (await pod.sql('SELECT epoch FROM event_epoch')) as [{ epoch: string }]
  const { accessToken } = await pod.signIn(summit.users['provider']?.email as string)
  const [, claims = ''] = accessToken.split('.')
  const { sid: session } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sid: string }
  foreign = {
    session,
    appointment: appointment.id,
    entry: entry.id,
    patient: summit.patientIds[0] as string,
    user: summit.users['provider']?.id as string,
    epoch,
  }
})

it.each(FOREIGN)('[SEC] %s %s: another tenant’s ids are not there', async (method, _path, urlOf, body) => {
  const before = await pod.sql('SELECT * FROM user_access WHERE tenant_id = $1 ORDER BY user_id', [summit.tenantId])
  const answer = await owner.request(method.toUpperCase(), urlOf(), {
    body: body ?? (method === 'get' ? undefined : {}),
  })
  expect(answer.status, answer.text).toBe(404)
  expect(['not_found', 'unknown_channel']).toContain(answer.body.code)
  expect(await pod.sql('SELECT * FROM user_access WHERE tenant_id = $1 ORDER BY user_id', [summit.tenantId])).toEqual(
    before,
  )
})

it('[SEC] those requests would work for the tenant itself', async () => {
  const theirOwner = await pod.signIn(summit.users['owner']?.email as string)
  for (const [, path, urlOf] of FOREIGN.filter(([method]) => method === 'get')) {
    const answer = await theirOwner.get(urlOf())
    expect([path, answer.status, answer.body?.code]).toEqual([path, 200, undefined])
  }
})

it('[SEC] what is about the caller shows only their tenant', async () => {
  const [locations, providers, patients, me] = await Promise.all([
    owner.get('/locations'),
    owner.get('/providers'),
    owner.post('/patients/search', { limit: 100 }),
    owner.get('/auth/me'),
  ])
  const own = new Set(Object.values(lakeside.locations).map(({ id }) => String(id)))
  expect(locations.body.items.map(({ id }: { id: string }) => id).every((id: string) => own.has(id))).toBe(true)
  expect(
    providers.body.items
      .flatMap(({ locationIds }: { locationIds: string[] }) => locationIds)
      .every((id: string) => own.has(id)),
  ).toBe(true)
  expect(patients.body.items.length).toBeGreaterThan(0)
  const { rows } = { rows: await pod.sql('SELECT id FROM patients WHERE tenant_id = $1', [summit.tenantId]) }
  const foreignPatients = new Set(rows.map(({ id }) => id))
  expect(patients.body.items.some(({ id }: { id: string }) => foreignPatients.has(id))).toBe(false)
  expect(me.body.tenantId).toBe(lakeside.tenantId)
})

it('[SEC] an id inside a body cannot point into another tenant', async () => {
  const body = {
    locationId: ours.id,
    providerId: ours.providerIds[0],
    patientId: lakeside.patientIds[0],
    type: 'biopsy',
    ...slot,
  }
  expect(await owner.post('/appointments', { ...body, patientId: foreign.patient })).toMatchObject({ status: 400 })
  expect(await owner.post('/appointments', { ...body, providerId: theirs.providerIds[0] })).toMatchObject({
    status: 400,
  })
  expect(await owner.post('/appointments', { ...body, waitlistEntryId: foreign.entry })).toMatchObject({ status: 404 })
  const grants = [{ role: 'provider', locationId: theirs.id }]
  expect(await owner.patch(`/admin/users/${lakeside.users['ma']?.id}/grants`, { grants })).toMatchObject({
    status: 400,
  })
})

it('[SEC] a token names its tenant; no header or query changes it', async () => {
  const answer = await owner.get(`/patients/${foreign.patient}`, { 'x-tenant-id': summit.tenantId })
  expect(answer.status).toBe(404)
})
