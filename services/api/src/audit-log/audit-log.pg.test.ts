import { ROLES, type AuditEntry } from '@derm/contract'
import { beforeAll, describe, expect, it } from 'vitest'
import { ids, useTestPod, type Answer, type SignedIn } from '../testing/test-pod.ts'
import { createWorld, signInAs, type World } from '../testing/world.ts'

const pod = useTestPod()
let home: World
let auditor: SignedIn
let desk: SignedIn

beforeAll(async () => {
  home = createWorld(pod, 'lakeside')
  auditor = await signInAs(pod, 'lakeside', 'auditor')
  desk = await signInAs(pod, 'lakeside', 'front_desk')
})

async function readAll(query: string, between: () => Promise<unknown> = async () => {}): Promise<AuditEntry[]> {
  const items: AuditEntry[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const answer: Answer = await auditor.get(`/audit?limit=7${query}${cursor && `&cursor=${cursor}`}`)
    expect(answer.status, answer.text).toBe(200)
    items.push(...(answer.body.items as AuditEntry[]))
    cursor = answer.body.nextCursor as string | null
    await between()
  }
  return items
}

describe('[SEC10] the audit log', () => {
  it('is for auditors: every other role is refused, whatever it asks for', async () => {
    for (const role of ROLES) {
      const { status } = await (await signInAs(pod, 'lakeside', role)).get('/audit')
      expect([role, status]).toEqual([role, role === 'auditor' ? 200 : 403])
    }
    expect((await pod.nobody.get('/audit')).status).toBe(401)
  })

  it('says who did what to what, when and where, with no patient’s name', async () => {
    const body = { firstName: 'Ada', lastName: 'Secretname', dateOfBirth: '1980-01-01' }
    const { body: made, headers } = await desk.post('/patients', body)
    const [entry] = (await auditor.get(`/audit?subjectId=${made.id}`)).body.items
    expect(entry).toEqual({
      id: expect.stringMatching(/^\d+$/),
      at: expect.any(String),
      action: 'patient.create',
      actorId: desk.user.id,
      actorName: desk.user.displayName,
      subjectType: 'patient',
      subjectId: made.id,
      locationId: null,
      requestId: headers.get('x-request-id') ?? expect.any(String),
      address: '127.0.0.1',
      details: null,
    })
    await desk.post('/patients/search', { query: 'Secretname' })
    const all = await auditor.get('/audit?limit=500')
    expect(all.text).not.toMatch(/Secretname|Ada/)
    expect(all.headers.get('as-of')).toBeNull()
  })

  it('shows a tenant its own entries alone', async () => {
    const theirs = await signInAs(pod, 'summit', 'owner')
    await theirs.get(`/patients/${ids.summit.patientIds[0]}`)
    const seen = await readAll('')
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.filter(({ actorId }) => actorId === theirs.user.id)).toEqual([])
    expect(await readAll(`&actorId=${theirs.user.id}`)).toEqual([])
    const stored = await pod.sql('SELECT id FROM audit_log WHERE tenant_id = $1', [home.tenantId])
    expect(stored.map(({ id }) => id)).toEqual(expect.arrayContaining(seen.map(({ id }) => id)))
  })

  it('is itself audited, with what was asked for', async () => {
    await auditor.get(`/audit?subjectType=patient&action=patient.`)
    const [entry] = (await auditor.get(`/audit?action=audit.list&actorId=${auditor.user.id}&limit=1`)).body.items
    expect(entry).toMatchObject({
      action: 'audit.list',
      subjectType: 'audit',
      details: { subjectType: 'patient', action: 'patient.', isFirstPage: true, count: expect.any(Number) },
    })
  })

  it('is filtered by actor, subject, the beginning of an action, and time', async () => {
    const insert = `INSERT INTO audit_log (tenant_id, at, actor_id, action, subject_type, subject_id)
      SELECT $1, '2026-03-01'::timestamptz + n * interval '1 hour', $2, 'waitlist' || (CASE WHEN n % 2 = 0 THEN '_' ELSE 'x' END) || 'entry.read',
        'waitlist_entry', gen_random_uuid() FROM generate_series(0, 9) n`
    const actor = crypto.randomUUID()
    await pod.sql(insert, [home.tenantId, actor])
    const filters = { from: '2026-03-01T00:00:00Z', to: '2026-03-01T06:00:00Z' }
    const inTime = await readAll(`&actorId=${actor}&from=${filters.from}&to=${filters.to}`)
    expect(inTime.map(({ at }) => at.slice(11, 13))).toEqual(['05', '04', '03', '02', '01', '00'])
    expect(inTime[0]!.actorName).toBeNull()
    const begins = await readAll(`&actorId=${actor}&action=waitlist_entry.`)
    expect(begins.map(({ action }) => action)).toEqual(Array(5).fill('waitlist_entry.read'))
    expect(await readAll(`&subjectId=${inTime[0]!.subjectId}`)).toEqual([inTime[0]])
    expect(await readAll(`&actorId=${actor}&subjectType=patient`)).toEqual([])
    for (const query of ['action=%25', 'subjectType=Pat', 'cursor=x', 'from=yesterday'])
      expect([query, (await auditor.get(`/audit?${query}`)).status]).toEqual([query, 400])
  })

  it('pages completely and without repeats while entries are added, several in the same millisecond too', async () => {
    await pod.sql(
      `INSERT INTO audit_log (tenant_id, at, actor_id, action, subject_type)
       SELECT $1, '2026-02-01', gen_random_uuid(), 'test.same', 'test' FROM generate_series(1, 30)`,
      [home.tenantId],
    )
    const before = await pod.sql('SELECT id FROM audit_log WHERE tenant_id = $1 ORDER BY at DESC, id DESC', [
      home.tenantId,
    ])
    const seen = await readAll('', () => desk.get(`/patients/${home.patientIds[0]}`))
    // The first page may begin with entries that the first request itself found newer than `before`.
    expect(seen.map(({ id }) => id).slice(-before.length)).toEqual(before.map(({ id }) => id))
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length)
  })
})
