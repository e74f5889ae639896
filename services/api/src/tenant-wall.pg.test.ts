import { beforeAll, expect, it } from 'vitest'
import type { Route } from './http/route.ts'
import { ROUTES } from './routes.ts'
import { ids, useTestPod, type Answer, type SignedIn } from './testing/test-pod.ts'

const pod = useTestPod()
const { lakeside, summit } = ids
const theirs = summit.locations['main'] as { id: string; providerIds: string[]; roomIds: string[] }
const ours = lakeside.locations['downtown'] as typeof theirs
const slot = { startsAt: '2027-07-01T15:00:00Z', endsAt: '2027-07-01T15:30:00Z' }
let owner: SignedIn
let foreign: { appointment: string; entry: string; patient: string; user: string; epoch: string }

/** What to send so that only the tenant can be the reason to refuse it: ids in paths and queries are the other tenant's. */
const BODIES: Record<string, (route: Route) => object> = {
  '/appointments/:id/room': () => ({ roomId: theirs.roomIds[0] }),
  '/appointments/:id/cancel': () => ({ cancelCode: 'other' }),
  '/appointments/:id/reschedule': () => slot,
  '/waitlist/:id/offer': () => ({ providerId: theirs.providerIds[0], ...slot }),
  '/appointments': () => ({
    locationId: theirs.id,
    providerId: theirs.providerIds[0],
    patientId: summit.patientIds[0],
    type: 'biopsy',
    ...slot,
  }),
  '/waitlist': () => ({
    locationId: theirs.id,
    patientId: summit.patientIds[0],
    type: 'biopsy',
    earliestDate: '2027-07-01',
  }),
  '/patients/:id': () => ({ lastName: 'Taken' }),
  '/admin/users/:id/grants': () => ({ grants: [] }),
}
const QUERIES: Record<string, () => string> = {
  '/appointments': () => `?locationId=${theirs.id}&from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z`,
  '/waitlist': () => `?locationId=${theirs.id}`,
  '/providers': () => `?locationId=${theirs.id}`,
  '/events': () => `?channel=${summit.tenantId}/l:${theirs.id}/scheduling&epoch=${foreign.epoch}&after=0`,
}
/** Of these there is nothing of another tenant's to ask for: they are about the caller, and are looked at below. */
const ABOUT_THE_CALLER = ['/auth/login', '/auth/refresh', '/auth/logout', '/auth/me', '/locations', '/patients/search']

function idFor({ path }: Route): string {
  if (path.startsWith('/appointments')) return foreign.appointment
  if (path.startsWith('/waitlist')) return foreign.entry
  if (path.startsWith('/patients')) return foreign.patient
  if (path.startsWith('/locations')) return theirs.id
  if (path.startsWith('/providers')) return theirs.providerIds[0] as string
  return foreign.user
}

function send(client: SignedIn, route: Route): Promise<Answer> {
  const query = route.method === 'get' && !route.params ? (QUERIES[route.path]?.() ?? '') : ''
  const body = route.body ? (BODIES[route.path]?.(route) ?? {}) : undefined
  const headers: Record<string, string> = route.isConditional ? { 'if-match': '"1"' } : {}
  return client.request(route.method.toUpperCase(), route.path.replace(':id', idFor(route)) + query, { body, headers })
}

beforeAll(async () => {
  owner = await pod.signIn(lakeside.users['owner']?.email as string)
  const [appointment] = await pod.sql(
    `SELECT id FROM appointments WHERE tenant_id = $1 AND location_id = $2 AND status = 'scheduled' LIMIT 1`,
    [summit.tenantId, theirs.id],
  )
  const [entry] = await pod.sql('SELECT id FROM waitlist_entries WHERE tenant_id = $1 LIMIT 1', [summit.tenantId])
  const [{ epoch }] = (await pod.sql('SELECT epoch FROM event_epoch')) as [{ epoch: string }]
  foreign = {
    appointment: appointment.id,
    entry: entry.id,
    patient: summit.patientIds[0] as string,
    user: summit.users['provider']?.id as string,
    epoch,
  }
})

it.each(
  ROUTES.filter(({ path }) => !ABOUT_THE_CALLER.includes(path)).map(
    (route) => [route.method, route.path, route] as const,
  ),
)('[SEC] %s %s: another tenant’s ids are not there, and nothing of theirs changes', async (_method, _path, route) => {
  const tables = ['appointments', 'waitlist_entries', 'patients', 'user_access', 'events', 'channel_heads']
  const dump = async () =>
    (
      await pod.sql(
        `SELECT ${tables.map((table) => `(SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM ${table} t WHERE tenant_id = $1) AS ${table}`).join(', ')}`,
        [summit.tenantId],
      )
    )[0]
  const before = await dump()
  const answer = await send(owner, route)
  expect(answer.status, answer.text).toBe(404)
  expect(['not_found', 'unknown_channel']).toContain(answer.body.code)
  expect(await dump()).toEqual(before)
})

it('[SEC] those requests would work for the tenant itself', async () => {
  const theirOwner = await pod.signIn(summit.users['owner']?.email as string)
  for (const route of ROUTES.filter(({ path, method }) => !ABOUT_THE_CALLER.includes(path) && method === 'get')) {
    const answer = await send(theirOwner, route)
    expect([route.path, answer.status, answer.body?.code]).toEqual([route.path, 200, undefined])
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
