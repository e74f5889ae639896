import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  AppointmentList,
  CATALOGUE,
  EVENT_TYPES,
  parsePositions,
  type Appointment,
  type WaitlistEntry,
} from '@derm/contract'
import { ids, useTestPod, type Answer, type SignedIn } from '../testing/test-pod.ts'

const pod = useTestPod()
const { downtown, north } = ids.lakeside.locations as { downtown: Place; north: Place }
type Place = (typeof ids.lakeside.locations)[string]
let desk: SignedIn
let hour = 0

/** An hour of its own for each appointment, weeks after the seed's. */
function slot(): { startsAt: string; endsAt: string } {
  const start = Date.UTC(2027, 5, 1) + hour++ * 3_600_000
  return { startsAt: new Date(start).toISOString(), endsAt: new Date(start + 1_800_000).toISOString() }
}
const request = () => ({
  locationId: downtown.id,
  providerId: downtown.providerIds[0],
  patientId: ids.lakeside.patientIds[0],
  type: 'skin_check',
  note: 'A private word',
  ...slot(),
})
async function create(): Promise<Appointment> {
  const { status, body } = await desk.post('/appointments', request())
  expect(status).toBe(201)
  return body
}
const act = (entity: { id: string; version: number }, action: string, body?: object): Promise<Answer> =>
  desk.post(`/appointments/${entity.id}/${action}`, body, { 'if-match': `"${entity.version}"` })
const dataOf = ({ patient, providerId, type, status, stage, startsAt, endsAt, roomId }: Appointment) => ({
  patientId: patient.id,
  providerId,
  type,
  status,
  stage,
  startsAt,
  endsAt,
  roomId,
})

beforeAll(async () => {
  desk = await pod.signIn('frontdesk@lakeside.example')
})
beforeEach(async () => void (await pod.takeEvents()))

/** One event, its place in `Published`, its thin data, and nothing of what was written in words. */
async function expectOneEvent(answer: Answer, type: string, data: object, previous?: object): Promise<void> {
  const events = await pod.takeEvents()
  expect(events.map((event) => event.type)).toEqual([type])
  const [event] = events
  const channel = `${ids.lakeside.tenantId}/l:${downtown.id}/scheduling`
  expect(event).toMatchObject({
    channel,
    locationId: downtown.id,
    actorId: desk.user.id,
    subject: { id: answer.body.id, version: answer.body.version },
  })
  expect(event?.data).toEqual(data)
  expect(event?.previous).toEqual(previous)
  expect(parsePositions(answer.headers.get('published'))).toEqual({
    [`l:${downtown.id}/scheduling`]: { epoch: event?.epoch, seq: event?.seq },
  })
  expect(JSON.stringify(event)).not.toMatch(/private|Lakeside|@/i)
  emitted.add(type)
}
const emitted = new Set<string>()

describe('[LOG1] each action emits its event, once', () => {
  it('create', async () => {
    const answer = await desk.post('/appointments', request(), { 'idempotency-key': 'create-1' })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('location')).toBe(`/api/v1/appointments/${answer.body.id}`)
    expect(answer.body).toMatchObject({ version: 1, status: 'scheduled', note: 'A private word' })
    const { body } = await desk.get(`/appointments/${answer.body.id}`)
    expect(body).toEqual(answer.body)
    await expectOneEvent(answer, 'appointment:created', dataOf(answer.body))
  })

  it('update', async () => {
    const before = await create()
    await pod.takeEvents()
    const answer = await desk.patch(`/appointments/${before.id}`, { type: 'biopsy', note: null }, { 'if-match': '"1"' })
    expect(answer.body).toMatchObject({ version: 2, type: 'biopsy', note: null })
    await expectOneEvent(answer, 'appointment:updated', dataOf({ ...before, type: 'biopsy' }))
  })

  it('reschedule, to another provider too', async () => {
    const before = await create()
    await pod.takeEvents()
    const to = { ...slot(), providerId: downtown.providerIds[1] as string }
    const answer = await act(before, 'reschedule', to)
    expect(answer.body).toMatchObject({ ...to, version: 2, status: 'scheduled' })
    const { providerId, startsAt, endsAt } = before
    await expectOneEvent(answer, 'appointment:rescheduled', dataOf({ ...before, ...to }), {
      providerId,
      startsAt,
      endsAt,
    })
  })

  it.each([
    ['confirm', 'appointment:confirmed', 'confirmed'],
    ['check-in', 'appointment:checkedin', 'checked_in'],
    ['no-show', 'appointment:noshow', 'no_show'],
  ] as const)('%s', async (action, type, status) => {
    const before = await create()
    await pod.takeEvents()
    const answer = await act(before, action)
    expect(answer.body).toMatchObject({ version: 2, status })
    await expectOneEvent(answer, type, dataOf({ ...before, status }), { status: 'scheduled' })
  })

  it('cancel, with its code', async () => {
    const before = await create()
    await pod.takeEvents()
    const answer = await act(before, 'cancel', { cancelCode: 'illness' })
    expect(answer.body).toMatchObject({ status: 'cancelled', cancelCode: 'illness' })
    const data = { ...dataOf({ ...before, status: 'cancelled' }), cancelCode: 'illness' }
    await expectOneEvent(answer, 'appointment:cancelled', data, { status: 'scheduled' })
  })

  it('room, another room, complete', async () => {
    const arrived: Appointment = (await act(await create(), 'check-in')).body
    await pod.takeEvents()
    const [roomId, otherId] = downtown.roomIds as [string, string]
    const roomed = await act(arrived, 'room', { roomId })
    await expectOneEvent(roomed, 'appointment:roomed', dataOf({ ...arrived, status: 'roomed', roomId }), {
      status: 'checked_in',
    })
    const moved = await act(roomed.body, 'room', { roomId: otherId })
    await expectOneEvent(moved, 'appointment:roomed', dataOf({ ...arrived, status: 'roomed', roomId: otherId }), {
      status: 'roomed',
    })
    const done = await act(moved.body, 'complete')
    await expectOneEvent(done, 'appointment:completed', dataOf({ ...moved.body, status: 'completed' }), {
      status: 'roomed',
    })
  })

  it('waitlist: add, offer, book', async () => {
    const added = await desk.post('/waitlist', {
      locationId: downtown.id,
      patientId: ids.lakeside.patientIds[1],
      type: 'mohs',
      earliestDate: '2027-06-01',
      note: 'A private word',
    })
    expect(added.status).toBe(201)
    const thin = { patientId: ids.lakeside.patientIds[1], providerId: null, type: 'mohs' }
    await expectOneEvent(added, 'waitlist:added', { ...thin, status: 'waiting' })

    const offer = { providerId: downtown.providerIds[0] as string, ...slot() }
    const offered = await desk.post(`/waitlist/${added.body.id}/offer`, offer, { 'if-match': '"1"' })
    expect(offered.body).toMatchObject({ version: 2, status: 'offered', offer })
    await expectOneEvent(offered, 'waitlist:slot_offered', { ...thin, status: 'offered', offer }, { status: 'waiting' })

    const booking = {
      locationId: downtown.id,
      patientId: ids.lakeside.patientIds[1],
      type: 'mohs',
      waitlistEntryId: added.body.id,
      ...offer,
    }
    const booked = await desk.post('/appointments', booking)
    expect(booked.status).toBe(201)
    await expectOneEvent(booked, 'appointment:created', dataOf(booked.body))
    const entry: WaitlistEntry = (await desk.get(`/waitlist/${added.body.id}`)).body
    expect(entry).toMatchObject({ status: 'booked', version: 3 })
    expect(await desk.post('/appointments', { ...booking, ...slot() })).toMatchObject({
      status: 409,
      body: { code: 'invalid_transition' },
    })
    expect(await pod.takeEvents()).toEqual([])
  })

  it('a change of a patient', async () => {
    const id = ids.lakeside.patientIds[2]
    const { body: before } = await desk.get(`/patients/${id}`)
    const answer = await desk.patch(
      `/patients/${id}`,
      { lastName: 'Privateperson', phone: '+1 555 0100' },
      { 'if-match': `"${before.version}"` },
    )
    expect(answer).toMatchObject({ status: 200, body: { lastName: 'Privateperson', version: before.version + 1 } })
    const [event, ...others] = await pod.takeEvents()
    expect(others).toEqual([])
    expect(event).toMatchObject({
      type: 'patient:updated',
      channel: `${ids.lakeside.tenantId}/t/patients`,
      data: { changed: ['demographics', 'contact'] },
    })
    expect(JSON.stringify(event)).not.toMatch(/Private|555.?0100/)
    emitted.add('patient:updated')
    const same = await desk.patch(
      `/patients/${id}`,
      { lastName: 'Privateperson' },
      { 'if-match': `"${before.version + 1}"` },
    )
    expect(same.body.version).toBe(before.version + 1)
    expect(await pod.takeEvents()).toEqual([])
  })

  it('together they are the whole catalogue', () => {
    expect([...emitted].sort()).toEqual([...EVENT_TYPES].sort())
    expect(Object.keys(CATALOGUE)).toHaveLength(12)
  })
})

describe('a change is refused, and nothing is emitted', () => {
  it.each([
    ['completed', 'check-in', {}],
    ['cancelled', 'confirm', {}],
    ['roomed', 'no-show', {}],
    ['checked_in', 'reschedule', slot()],
    ['scheduled', 'complete', {}],
  ])('from %s there is no %s', async (status, action, body) => {
    const { id } = await create()
    await pod.sql('UPDATE appointments SET status = $1::appointment_status WHERE id = $2', [status, id])
    await pod.takeEvents()
    expect(await act({ id, version: 1 }, action, body)).toMatchObject({
      status: 409,
      body: { code: 'invalid_transition', currentStatus: status, currentVersion: 1 },
    })
    expect(await pod.takeEvents()).toEqual([])
  })

  it('without If-Match, with a stale one, with one that is none', async () => {
    const { id } = await create()
    expect(await desk.post(`/appointments/${id}/confirm`)).toMatchObject({
      status: 428,
      body: { code: 'precondition_required' },
    })
    expect(await act({ id, version: 7 }, 'confirm')).toMatchObject({
      status: 409,
      body: { code: 'conflict', currentVersion: 1 },
    })
    expect(await desk.post(`/appointments/${id}/confirm`, {}, { 'if-match': '*' })).toMatchObject({ status: 400 })
  })

  it('takes the answer’s ETag as If-Match', async () => {
    const { id } = await create()
    const { headers } = await desk.get(`/appointments/${id}`)
    expect(await desk.post(`/appointments/${id}/confirm`, {}, { 'if-match': headers.get('etag') ?? '' })).toMatchObject(
      { status: 200 },
    )
  })

  it('of twenty at the same time on one version, one wins', async () => {
    const appointment = await create()
    await pod.takeEvents()
    const answers = await Promise.all(Array.from({ length: 20 }, () => act(appointment, 'check-in')))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 19 }, () => 409)])
    expect(await pod.takeEvents()).toHaveLength(1)
  })

  it('of ten that want the same slot, one gets it', async () => {
    const wanted = request()
    const answers = await Promise.all(Array.from({ length: 10 }, () => desk.post('/appointments', wanted)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.filter(({ body }) => body.code === 'slot_taken')).toHaveLength(9)
    expect(await pod.takeEvents()).toHaveLength(1)
    const other = await create()
    expect(await act(other, 'reschedule', { startsAt: wanted.startsAt, endsAt: wanted.endsAt })).toMatchObject({
      body: { code: 'slot_taken' },
    })
  })

  it('a provider, room or patient that does not belong there', async () => {
    const foreign = ids.summit
    const bad = (body: object) => desk.post('/appointments', { ...request(), ...body })
    expect(await bad({ providerId: north.providerIds[0] })).toMatchObject({
      status: 400,
      body: { code: 'validation_failed' },
    })
    expect(await bad({ patientId: foreign.patientIds[0] })).toMatchObject({ status: 400 })
    expect(await bad({ locationId: foreign.locations['main']?.id })).toMatchObject({ status: 404 })
    expect(await bad({ endsAt: '2027-01-01T00:00:00Z' })).toMatchObject({ status: 400 })
    expect(await bad({ unknown: 1 })).toMatchObject({ status: 400 })
    const arrived = (await act(await create(), 'check-in')).body
    expect(await act(arrived, 'room', { roomId: north.roomIds[0] })).toMatchObject({ status: 400 })
  })
})

describe('lists', () => {
  it('page through all, once each, in order', async () => {
    const [from, to] = [-1, 8].map((days) => new Date(Date.now() + days * 86_400_000).toISOString())
    const base = `/appointments?locationId=${downtown.id}&from=${from}&to=${to}`
    const { body: all } = await desk.get(`${base}&limit=500`)
    expect(all.items.length).toBeGreaterThan(10)
    expect(AppointmentList.safeParse(all).success).toBe(true)
    const paged: Appointment[] = []
    let cursor = ''
    do {
      const { body } = await desk.get(`${base}&limit=7${cursor && `&cursor=${cursor}`}`)
      paged.push(...body.items)
      cursor = body.nextCursor ?? ''
    } while (cursor)
    expect(paged).toEqual(all.items)
    const starts = paged.map(({ startsAt }) => startsAt)
    expect(starts).toEqual([...starts].sort())
  })

  it('refuse a span that is empty or too long, and a cursor of another list', async () => {
    const list = (query: string) => desk.get(`/appointments?locationId=${downtown.id}&${query}`)
    expect(await list('from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z')).toMatchObject({ status: 400 })
    expect(await list('from=2026-01-01T00:00:00Z&to=2026-06-01T00:00:00Z')).toMatchObject({ status: 400 })
    expect(await list('from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&cursor=WyJhIl0')).toMatchObject({
      status: 400,
    })
  })
})
