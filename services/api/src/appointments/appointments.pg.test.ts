import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AppointmentList, parsePositions, type Appointment, type WaitlistEntry } from '@derm/contract'
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
}

describe('[LOG1] booking from the waitlist', () => {
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
})

describe('a change is refused, and nothing is emitted', () => {
  it('takes the answer’s ETag as If-Match', async () => {
    const { id } = await create()
    const { headers } = await desk.get(`/appointments/${id}`)
    expect(await desk.post(`/appointments/${id}/confirm`, {}, { 'if-match': headers.get('etag') ?? '' })).toMatchObject(
      { status: 200 },
    )
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
