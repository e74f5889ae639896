import { SYSTEM_USER_ID, type Recall } from '@derm/contract'
import { silentLogger, systemClock } from '@derm/core'
import { createMetrics } from '@derm/runtime'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createDueRows, createJobsPool } from '../jobs/due-rows.ts'
import { createJobMetrics } from '../jobs/job-metrics.ts'
import { JobRunner } from '../jobs/job-runner.ts'
import { createPatient } from '../patients/test-fixtures.ts'
import { create } from '../testing/test-fixtures.ts'
import { ids, useTestPod, type Answer, type SignedIn } from '../testing/test-pod.ts'
import { createWorld, signInAs, type Place, type World } from '../testing/world.ts'
import { comeDue } from './come-due.ts'

// The pod's own jobs stay out of the way.
const pod = useTestPod({ JOBS_EVERY_MS: '3600000' })
let home: World
let desk: SignedIn
type Made = { id: string; version: number }

beforeAll(async () => {
  home = createWorld(pod, 'lakeside')
  desk = await home.as('schedule')
})
beforeEach(async () => void (await pod.takeEvents()))

const act = (path: string, { id, version }: Made, action: string, body: object = {}): Promise<Answer> =>
  desk.post(`${path}/${id}/${action}`, body, { 'if-match': `"${version}"` })
const actOnRecall = (made: Made, action: string, body?: object) => act('/recalls', made, action, body)
const actOnVisit = (made: Made, action: string, body?: object) => act('/appointments', made, action, body)

async function plan(patient = 4, at: Place = home.location): Promise<Made> {
  const body = { locationId: at.id, patientId: home.patientIds[patient], kind: 'annual_check', dueOn: '2027-06-01' }
  const { body: made, status, text } = await desk.post('/recalls', body)
  expect(status, text).toBe(201)
  return made
}
/** Its day has come: as the job would leave it. */
async function makeDue(patient = 4): Promise<Made> {
  const made = await plan(patient)
  await pod.sql(`UPDATE recalls SET status = 'due', version = 2 WHERE id = $1`, [made.id])
  return { ...made, version: 2 }
}
async function book(patient = 4, at: Place = home.location): Promise<Made> {
  const who = { locationId: at.id, providerId: at.providerIds[0], patientId: home.patientIds[patient] }
  const { body, status, text } = await desk.post('/appointments', { ...who, type: 'skin_check', ...home.slot() })
  expect(status, text).toBe(201)
  return body
}
const read = async ({ id }: Made): Promise<Recall> => (await desk.get(`/recalls/${id}`)).body
async function schedule(count = 1): Promise<{ visit: Made; scheduled: Made[] }> {
  const visit = await book()
  const scheduled: Made[] = []
  for (let n = 0; n < count; n++) {
    const answer = await actOnRecall(await makeDue(), 'schedule', { appointmentId: visit.id })
    expect(answer.status, answer.text).toBe(200)
    scheduled.push(answer.body)
  }
  await pod.takeEvents()
  return { visit, scheduled }
}

describe('a recall', () => {
  it('is called, and called again, and closed with a code', async () => {
    const first = await actOnRecall(await makeDue(), 'contact', { outcome: 'no_answer' })
    expect(first.body).toMatchObject({ status: 'contacted', attempts: 1, lastOutcome: 'no_answer', version: 3 })
    const second = await actOnRecall(first.body, 'contact', { outcome: 'left_message' })
    expect(second.body).toMatchObject({ status: 'contacted', attempts: 2, lastOutcome: 'left_message', version: 4 })
    expect((await actOnRecall(second.body, 'mark-unreachable', { code: 'seen_elsewhere' })).status).toBe(400)
    const closed = await actOnRecall(second.body, 'mark-unreachable', { code: 'wrong_contact' })
    expect(closed.body).toMatchObject({ status: 'unreachable', closeCode: 'wrong_contact', version: 5 })
    const events = (await pod.takeEvents()).slice(-1)
    expect(events).toMatchObject([
      {
        type: 'recall:closed',
        data: { status: 'unreachable', code: 'wrong_contact' },
        previous: { status: 'contacted' },
      },
    ])
  })

  it('gets another day, and waits for it', async () => {
    const { body } = await actOnRecall(await makeDue(), 'plan', { dueOn: '2027-09-01' })
    expect(body).toMatchObject({ status: 'planned', dueOn: '2027-09-01' })
    expect((await actOnRecall(body, 'plan', { dueOn: '0000-01-01' })).status).toBe(400)
  })

  it.each([
    ['another patient’s', () => book(5)],
    ['another location’s', () => book(4, home.elsewhere)],
    ['a cancelled one', async () => (await actOnVisit(await book(), 'cancel', { cancelCode: 'other' })).body as Made],
    ['a missed one', async () => (await actOnVisit(await book(), 'no-show')).body as Made],
  ])('is not scheduled for a visit that is %s', async (_, make) => {
    const due = await makeDue()
    const visit = await make()
    const answer = await actOnRecall(due, 'schedule', { appointmentId: visit.id })
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } })
    expect(await read(due)).toMatchObject({ status: 'due', appointmentId: null, version: 2 })
  })

  it('is listed by day, page after page, by status and up to a day', async () => {
    await Promise.all([5, 6, 7].map((patient) => plan(patient)))
    const base = `/recalls?locationId=${home.location.id}`
    const { body: all } = await desk.get(`${base}&limit=500`)
    const days = all.items.map(({ dueOn }: Recall) => dueOn)
    expect(days).toEqual([...days].sort())
    const paged: Recall[] = []
    let cursor = ''
    do {
      const { body } = await desk.get(`${base}&limit=2${cursor && `&cursor=${cursor}`}`)
      paged.push(...body.items)
      cursor = body.nextCursor ?? ''
    } while (cursor)
    expect(paged).toEqual(all.items)
    const { body: some } = await desk.get(`${base}&status=planned&dueBefore=2027-06-01`)
    expect(some.items).toEqual(
      all.items.filter(({ status, dueOn }: Recall) => status === 'planned' && dueOn < '2027-06-01'),
    )
    expect(some.items.length).toBeGreaterThan(0)
  })
})

describe('[AGG16] the end of a visit closes the recalls that it was for, or makes them due again, in one transaction', () => {
  const arrive = async (visit: Made) => (await actOnVisit(visit, 'check-in')).body as Made

  it.each([
    ['cancel', 'appointment:cancelled', 'recall.reopen', { status: 'due', appointmentId: null, closeCode: null }],
    ['no-show', 'appointment:noshow', 'recall.reopen', { status: 'due', appointmentId: null, closeCode: null }],
    ['complete', 'appointment:completed', 'recall.complete', { status: 'completed', closeCode: 'visit_completed' }],
  ])('%s: its event tells of all, and each has an audit entry', async (action, type, audited, expected) => {
    const { visit, scheduled } = await schedule(2)
    const ready = action === 'complete' ? await arrive(visit) : visit
    await pod.takeEvents()
    const answer = await actOnVisit(ready, action, action === 'cancel' ? { cancelCode: 'illness' } : {})
    expect(answer.status, answer.text).toBe(200)
    expect((await pod.takeEvents()).map((event) => event.type)).toEqual([type])
    for (const recall of scheduled) {
      expect(await read(recall)).toMatchObject({ ...expected, version: recall.version + 1 })
      const audits = await pod.sql('SELECT actor_id FROM audit_log WHERE subject_id = $1 AND action = $2', [
        recall.id,
        audited,
      ])
      expect(audits).toEqual([{ actor_id: desk.user.id }])
    }
  })

  it('leaves alone what was closed before, and fails as a whole', async () => {
    const { visit, scheduled } = await schedule(2)
    const [declined, other] = scheduled as [Made, Made]
    const { body } = await actOnRecall(declined, 'decline', { code: 'patient_request' })
    const stale = await actOnVisit({ ...visit, version: visit.version + 1 }, 'cancel', { cancelCode: 'other' })
    expect(stale.status).toBe(409)
    expect(await read(other)).toMatchObject({ status: 'scheduled', version: other.version })
    await actOnVisit(visit, 'cancel', { cancelCode: 'other' })
    expect(await read(declined)).toEqual(body)
    expect(await read(other)).toMatchObject({ status: 'due' })
  })

  it('decline and cancel at once: what was declined stays so', async () => {
    const pairs = await Promise.all(Array.from({ length: 12 }, () => schedule()))
    const answers = await Promise.all(
      pairs.flatMap(({ visit, scheduled: [recall] }) => [
        actOnRecall(recall!, 'decline', { code: 'other' }),
        actOnVisit(visit, 'cancel', { cancelCode: 'other' }),
      ]),
    )
    for (const [n, { scheduled }] of pairs.entries()) {
      const [declined, cancelled] = answers.slice(2 * n) as [Answer, Answer]
      expect([200, 409]).toContain(declined.status)
      expect(cancelled.status, cancelled.text).toBe(200)
      expect((await read(scheduled[0]!)).status).toBe(declined.status === 200 ? 'declined' : 'due')
    }
  })

  it('cancel and schedule at once: no recall stays scheduled for a cancelled visit', async () => {
    const pairs = await Promise.all(Array.from({ length: 24 }, async () => [await makeDue(), await book()] as const))
    const answers = await Promise.all(
      pairs.flatMap(([recall, visit]) => [
        actOnRecall(recall, 'schedule', { appointmentId: visit.id }),
        actOnVisit(visit, 'cancel', { cancelCode: 'other' }),
      ]),
    )
    const scheduled = answers.filter((_, n) => n % 2 === 0).map(({ status }) => status)
    expect(scheduled.filter((status) => status !== 200 && status !== 400)).toEqual([])
    expect(answers.filter((_, n) => n % 2 === 1).map(({ status }) => status)).toEqual(pairs.map(() => 200))
    for (const [n, [recall]] of pairs.entries())
      expect(await read(recall)).toMatchObject({
        status: 'due',
        appointmentId: null,
        // Scheduled and reopened, or neither.
        version: scheduled[n] === 200 ? 4 : 2,
      })
  })
})

it('scheduling and a merge do not wait for each other in a circle', async () => {
  const owner = await signInAs(pod, 'lakeside', 'owner')
  const [given, survivor] = [await createPatient(home), await createPatient(home)]
  const who = { locationId: home.location.id, patientId: given.id }
  const kind = { type: 'skin_check', providerId: home.location.providerIds[0], ...home.slot() }
  const visit = await create(owner, '/appointments', { ...who, ...kind })
  const entry = await create(owner, '/waitlist', { ...who, type: 'mohs', earliestDate: '2027-06-01' })
  const recall = await create(owner, '/recalls', { ...who, kind: 'annual_check', dueOn: '2027-06-01' })
  await pod.sql(`UPDATE recalls SET status = 'due' WHERE id = $1`, [recall.id])
  // The merge has written to the visit and waits for the entry, before it comes to the recall.
  const holding = new pg.Client(pod.database.superuserUrl)
  await holding.connect()
  await holding.query('BEGIN')
  await holding.query('SELECT FROM waitlist_entries WHERE id = $1 FOR UPDATE', [entry.id])
  const merging = owner.post(`/patients/${given.id}/merge`, { intoId: survivor.id }, { 'if-match': '"1"' })
  const isWaiting = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`
  await expect.poll(() => pod.sql(isWaiting)).toHaveLength(1)
  const scheduled = await actOnRecall(recall, 'schedule', { appointmentId: visit.id })
  await holding.query('COMMIT')
  await holding.end()
  expect(scheduled.status, scheduled.text).toBe(200)
  expect((await merging).status).toBe(200)
  expect(await read(recall)).toMatchObject({ status: 'scheduled', version: 3, patient: { id: survivor.id } })
})

it('a change that changes nothing is none', async () => {
  const made = await plan()
  await pod.takeEvents()
  const same = await desk.patch(`/recalls/${made.id}`, { kind: 'annual_check' }, { 'if-match': '"1"' })
  expect(same).toMatchObject({ status: 200, body: made })
  expect(await pod.takeEvents()).toEqual([])
})

describe('[JOB1] recalls-due', () => {
  let pool: pg.Pool
  beforeAll(() => void (pool = createJobsPool(pod.database.jobsUrl, 'test.jobs')))
  afterAll(() => pool.end())
  function createRunner(): JobRunner {
    const rows = createDueRows(pool)
    const metrics = createJobMetrics(createMetrics(), [comeDue], (job) => rows.backlog(job))
    const { api } = pod.pod
    return new JobRunner(comeDue, { api, rows, metrics, logger: silentLogger, clock: systemClock, random: Math.random })
  }
  /** Planned for the day that `zone` has now, moved by some days. */
  async function planFor(where: (typeof ids)['lakeside'], place: string, zone: string, days = 0): Promise<string> {
    const [row] = await pod.sql<{ id: string }>(
      `INSERT INTO recalls (id, tenant_id, location_id, patient_id, kind, due_on)
       VALUES (gen_random_uuid(), $1, $2, $3, 'follow_up', (now() AT TIME ZONE $4)::date + $5::int) RETURNING id`,
      [where.tenantId, where.locations[place]!.id, where.patientIds[0], zone, days],
    )
    return row!.id
  }

  it('makes each due once, by four runners at once, over both practices, with the system as actor', async () => {
    const due = await Promise.all(
      Array.from({ length: 32 }, async (_, n) => {
        const [where, place, zone] =
          n % 2
            ? (['summit', 'main', 'America/Denver'] as const)
            : (['lakeside', 'downtown', 'America/Chicago'] as const)
        return { id: await planFor(ids[where], place, zone, -(n % 3)), where: ids[where], place }
      }),
    )
    const done = await Promise.all([0, 1, 2, 3].map(() => createRunner().runDue()))
    expect(done.reduce((sum, n) => sum + n)).toBe(32)
    const events = await pod.takeEvents()
    expect(events).toHaveLength(32)
    for (const { id, where, place } of due) {
      const at = where.locations[place]!.id
      expect(events.filter(({ subject }) => subject.id === id)).toMatchObject([
        {
          type: 'recall:due',
          channel: `${where.tenantId}/l:${at}/scheduling`,
          actorId: SYSTEM_USER_ID,
          subject: { version: 2 },
          data: { status: 'due' },
          previous: { status: 'planned' },
        },
      ])
      expect(await pod.sql('SELECT * FROM audit_log WHERE subject_id = $1', [id])).toMatchObject([
        {
          tenant_id: where.tenantId,
          actor_id: SYSTEM_USER_ID,
          action: 'recall.come-due',
          location_id: at,
          request_id: 'job:recalls-due',
        },
      ])
    }
    expect(await createRunner().runDue()).toBe(0)
  })

  it('goes by the clock of the location: at no moment do these two have the same day', async () => {
    const early = 'Pacific/Kiritimati'
    const late = 'Pacific/Pago_Pago'
    const setZone = (place: string, zone: string) =>
      pod.sql('UPDATE locations SET time_zone = $2 WHERE id = $1', [ids.lakeside.locations[place]!.id, zone])
    await setZone('north', early)
    await setZone('harbor', late)
    const [there, notThere, tomorrow] = await Promise.all([
      planFor(ids.lakeside, 'north', early),
      planFor(ids.lakeside, 'harbor', early),
      planFor(ids.lakeside, 'north', early, 1),
    ])
    expect(await createRunner().runDue()).toBe(1)
    const statuses = await pod.sql('SELECT id, status FROM recalls WHERE id = ANY ($1)', [[there, notThere, tomorrow]])
    expect(Object.fromEntries(statuses.map(({ id, status }) => [id, status]))).toEqual({
      [there]: 'due',
      [notThere]: 'planned',
      [tomorrow]: 'planned',
    })
  })

  it('is due since its day began where its location is', async () => {
    await pod.sql(`DELETE FROM recalls WHERE status = 'planned'`)
    await planFor(ids.lakeside, 'downtown', 'America/Chicago')
    const [row] = await pod.sql(
      `SELECT extract(epoch FROM now() - date_trunc('day', now(), 'America/Chicago'))::float8 AS seconds`,
    )
    const { rows, seconds } = await createDueRows(pool).backlog(comeDue)
    expect(rows).toBe(1)
    expect(Math.abs(seconds - row.seconds)).toBeLessThan(60)
    expect(await createRunner().runDue()).toBe(1)
  })

  it('no location has a clock that nobody knows: it would stop the search in all practices', async () => {
    await expect(pod.sql(`UPDATE locations SET time_zone = 'Mars/Base'`)).rejects.toThrow(/not recognized/)
  })

  it('sees no more of a recall than that: neither whose it is nor what is not planned', async () => {
    expect((await pool.query(`SELECT FROM recalls WHERE status <> 'planned'`)).rows).toEqual([])
    for (const sql of ['SELECT patient_id FROM recalls', 'SELECT note FROM recalls', 'SELECT name FROM locations'])
      await expect(pool.query(sql), sql).rejects.toThrow(/permission denied/)
  })
})
