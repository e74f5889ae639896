import { describe, expect, it } from 'vitest'
import { withTenant } from '@derm/database'
import { TenantId } from '@derm/contract'
import { ids, useTestPod } from '../testing/test-pod.ts'
import { signInAs } from '../testing/world.ts'
import { createPatientViews, findPatients } from './patient-views.ts'

const pod = useTestPod({ BULK_READ_PATIENTS: '10' })
const tenantId = TenantId.parse(ids.lakeside.tenantId)
const day = (n: number) => new Date(Date.now() + n * 86_400_000).toISOString()
const alertsOf = async (userId: string) => {
  const auditor = await signInAs(pod, 'lakeside', 'auditor')
  const { body } = await auditor.get(`/audit?action=patient.bulk_read&subjectId=${userId}`)
  return body.items as { details: object; requestId: string; actorId: string; address: string }[]
}

describe('[SEC36] bulk reading of patients', () => {
  it('by searches is noted where the auditor reads, with the request that passed the limit', async () => {
    const desk = await signInAs(pod, 'lakeside', 'front_desk')
    const search = (limit: number, cursor?: string) => desk.post('/patients/search', { query: '', limit, cursor })
    const first = await search(9)
    expect(first.body.items).toHaveLength(9)
    expect(await alertsOf(desk.user.id)).toEqual([])
    for (let n = 0; n < 5; n++) await search(9)
    expect(await alertsOf(desk.user.id)).toEqual([])
    const passed = await search(15, first.body.nextCursor)
    expect(await alertsOf(desk.user.id)).toEqual([
      expect.objectContaining({
        actorId: desk.user.id,
        requestId: passed.headers.get('x-request-id'),
        address: '127.0.0.1',
        details: { window: 'hour', count: 24, limit: 10 },
      }),
    ])
    expect(JSON.stringify(await alertsOf(desk.user.id))).not.toContain(first.body.items[0].lastName)
  })

  it('one record after the other is noted too, and so is what lists show of them', async () => {
    const provider = await signInAs(pod, 'lakeside', 'provider')
    for (const id of ids.lakeside.patientIds.slice(0, 10)) await provider.get(`/patients/${id}`)
    expect(await alertsOf(provider.user.id)).toHaveLength(1)
    const owner = await signInAs(pod, 'lakeside', 'owner')
    const { status, body } = await owner.get(
      `/appointments?locationId=${ids.lakeside.locations['downtown']?.id}&from=${day(-20)}&to=${day(20)}&limit=500`,
    )
    expect(status).toBe(200)
    expect(new Set(findPatients('appointment', body)).size).toBeGreaterThan(10)
    expect((await alertsOf(owner.user.id)).length).toBeGreaterThan(0)
  })

  it('the same list again and again is none', async () => {
    const ma = await signInAs(pod, 'lakeside', 'medical_assistant')
    for (let n = 0; n < 30; n++) await ma.post('/patients/search', { query: '', limit: 5 })
    expect(await alertsOf(ma.user.id)).toEqual([])
  })

  it('is counted over all pods at once, at the limit and at each double of it', async () => {
    const userId = crypto.randomUUID()
    const pods = Array.from({ length: 4 }, () => createPatientViews(10, () => Date.now()))
    const note = (views: (typeof pods)[number], count: number) =>
      withTenant(pod.pod.api.prisma, tenantId, (tx) =>
        views.note(tx, tenantId, [{ userId, patientIds: Array.from({ length: count }, () => crypto.randomUUID()) }]),
      )
    const found = (await Promise.all(pods.flatMap((views) => [note(views, 3), note(views, 2)]))).flat()
    expect(found.map(({ window, count }) => [window, Math.floor(Math.log2(count / 10))]).toSorted()).toEqual([
      ['hour', 0],
      ['hour', 1],
    ])
    expect(await note(pods[0]!, 19)).toEqual([])
    expect(await note(pods[1]!, 1)).toEqual([
      { userId, window: 'hour', count: 40, limit: 10 },
      { userId, window: 'day', count: 40, limit: 40 },
    ])
  })

  it('slowly, over the day, is noted by the day’s limit', async () => {
    const userId = crypto.randomUUID()
    // Noon of a day: the hours before and after are of the same one.
    let now = Date.parse('2026-11-25T06:00:00Z')
    const views = createPatientViews(10, () => now)
    const noted = []
    for (let hour = 0; hour < 8; hour++) {
      const patientIds = Array.from({ length: 6 }, () => crypto.randomUUID())
      noted.push(
        ...(await withTenant(pod.pod.api.prisma, tenantId, (tx) => views.note(tx, tenantId, [{ userId, patientIds }]))),
      )
      now += 3_601_000
    }
    expect(noted).toEqual([{ userId, window: 'day', count: 42, limit: 40 }])
  })

  const someone = () => Array.from({ length: 6 }, () => crypto.randomUUID())
  const noteFor = (views: ReturnType<typeof createPatientViews>, userId: string, patientIds: string[]) =>
    withTenant(pod.pod.api.prisma, tenantId, (tx) => views.note(tx, tenantId, [{ userId, patientIds }]))

  it('[SEC44] within an hour over midnight is noted, and whoever is shown on both days counts once', async () => {
    const userId = crypto.randomUUID()
    let now = Date.parse('2026-11-25T23:50:00Z')
    const views = createPatientViews(10, () => now)
    const [before, after] = [someone(), someone()]
    expect(await noteFor(views, userId, before)).toEqual([])
    const other = crypto.randomUUID()
    expect(await noteFor(views, other, before)).toEqual([])
    now += 20 * 60_000
    expect(await noteFor(views, userId, after)).toEqual([{ userId, window: 'hour', count: 12, limit: 10 }])
    expect(await noteFor(views, other, [...before, ...after.slice(0, 3)])).toEqual([])
  })

  it('[SEC44] within 24 hours over midnight is noted by the day’s limit', async () => {
    const userId = crypto.randomUUID()
    let now = Date.parse('2026-11-25T18:00:00Z')
    const views = createPatientViews(10, () => now)
    const found = []
    for (let n = 0; n < 8; n++, now += 2 * 3_600_000) found.push(...(await noteFor(views, userId, someone())))
    expect(found).toEqual([{ userId, window: 'day', count: 42, limit: 40 }])
  })

  it('[SEC44] what was rolled back is not remembered as noted', async () => {
    const userId = crypto.randomUUID()
    const views = createPatientViews(10, () => Date.now())
    const shown = [{ userId, patientIds: someone() }]
    const { prisma, audit } = pod.pod.api
    const count = async () =>
      (await pod.sql('SELECT count(*)::int AS n FROM patient_views WHERE user_id = $1', [userId]))[0].n
    const note = (fault?: Error) =>
      withTenant(prisma, tenantId, async (tx) => {
        await views.note(tx, tenantId, shown)
        if (fault) throw fault
      })
    await expect(note(new Error('rolled back'))).rejects.toThrow('rolled back')
    expect(await count()).toBe(0)
    await note()
    views.committed(shown)
    expect(await count()).toBe(6)
    // Through the writer, whose entry fails: the user is none.
    const desk = await signInAs(pod, 'lakeside', 'biller')
    const caller = { tenantId, userId: desk.user.id, sessionId: crypto.randomUUID() } as never
    const patientIds = someone()
    const write = (action: string) =>
      audit.write(caller, { requestId: 'r', address: null }, { action, subjectType: 'patient' }, patientIds)
    await expect(write('\u0000')).rejects.toThrow()
    await write('patient.list')
    const ids = 'SELECT count(*)::int AS n FROM patient_views WHERE user_id = $1 AND patient_id = ANY ($2)'
    expect((await pod.sql(ids, [desk.user.id, patientIds]))[0].n).toBe(6)
  })
})
