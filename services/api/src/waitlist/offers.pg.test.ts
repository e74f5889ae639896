import { beforeAll, describe, expect, it } from 'vitest'
import { ids, useTestPod, type SignedIn } from '../testing/test-pod.ts'

const pod = useTestPod()
const { patientIds } = ids.lakeside
const downtown = ids.lakeside.locations['downtown']!
const providerId = downtown.providerIds[0]!
let desk: SignedIn
let hour = 0
beforeAll(async () => {
  desk = await pod.signIn('frontdesk@lakeside.example')
})

const slot = (minutes = 0) => {
  const start = Date.UTC(2027, 5, 1) + hour++ * 3_600_000 + minutes * 60_000
  return { providerId, startsAt: new Date(start).toISOString(), endsAt: new Date(start + 1_800_000).toISOString() }
}
const wait = async (patientId = patientIds[1]): Promise<string> =>
  (await desk.post('/waitlist', { locationId: downtown.id, patientId, type: 'mohs', earliestDate: '2027-06-01' })).body
    .id
const offer = (id: string, wanted: object, version = 1) =>
  desk.post(`/waitlist/${id}/offer`, wanted, { 'if-match': `"${version}"` })
const book = (wanted: object, patientId = patientIds[2], more: object = {}) =>
  desk.post('/appointments', { locationId: downtown.id, patientId, type: 'mohs', ...wanted, ...more })
const taken = { status: 409, body: { code: 'slot_taken' } }

describe('[SCH4] an offer holds its slot', () => {
  it('a taken slot cannot be offered', async () => {
    const wanted = slot()
    expect((await book(wanted)).status).toBe(201)
    expect(await offer(await wait(), wanted)).toMatchObject(taken)
    const cancelled = slot()
    const visit = (await book(cancelled)).body
    await desk.post(`/appointments/${visit.id}/cancel`, { cancelCode: 'weather' }, { 'if-match': '"1"' })
    expect((await offer(await wait(), cancelled)).status).toBe(200)
  })

  it('nor one that is offered to another, in part or whole; the same entry may be offered another slot', async () => {
    const wanted = slot()
    const id = await wait()
    expect((await offer(id, wanted)).status).toBe(200)
    const half = { ...wanted, startsAt: new Date(Date.parse(wanted.startsAt) + 900_000).toISOString() }
    expect(await offer(await wait(patientIds[3]), half)).toMatchObject(taken)
    expect((await offer(id, half, 2)).status).toBe(200)
    expect((await offer(id, slot(), 3)).status).toBe(200)
    expect((await offer(await wait(patientIds[3]), half)).status).toBe(200)
  })

  it('another patient is not booked into it, nor moved there; its own patient is', async () => {
    const wanted = slot()
    const id = await wait()
    await offer(id, wanted)
    expect(await book(wanted)).toMatchObject(taken)
    const visit = (await book(slot())).body
    expect(await desk.post(`/appointments/${visit.id}/reschedule`, wanted, { 'if-match': '"1"' })).toMatchObject(taken)
    expect((await book(wanted, patientIds[1], { waitlistEntryId: id })).status).toBe(201)
  })

  it('and ends with the booking of its patient, also where nobody names the entry', async () => {
    const wanted = slot()
    const id = await wait(patientIds[20])
    await offer(id, wanted)
    const { body } = await book(wanted, patientIds[20])
    expect((await desk.get(`/waitlist/${id}`)).body).toMatchObject({ status: 'booked', version: 3 })
    expect(body.status).toBe('scheduled')
  })

  it('until it has run out, also before the job has come to it', async () => {
    const wanted = slot()
    const id = await wait()
    await offer(id, wanted)
    await pod.sql(`UPDATE waitlist_entries SET offer_expires_at = now() - interval '1 second' WHERE id = $1`, [id])
    expect((await book(wanted)).status).toBe(201)
  })

  it('of many who ask for one slot at once, one has it', async () => {
    for (let round = 0; round < 5; round++) {
      const wanted = slot()
      const entries = await Promise.all(patientIds.slice(3, 9).map((patientId) => wait(patientId)))
      const answers = await Promise.all([
        ...entries.map((id) => offer(id, wanted)),
        ...patientIds.slice(9, 12).map((patientId) => book(wanted, patientId)),
      ])
      expect(answers.filter(({ status }) => status < 300)).toHaveLength(1)
      expect(answers.filter(({ body }) => body.code === 'slot_taken')).toHaveLength(8)
    }
  })

  it('a slot that has passed cannot be offered', async () => {
    const start = Date.now() - 60_000
    const past = {
      providerId,
      startsAt: new Date(start).toISOString(),
      endsAt: new Date(start + 1_800_000).toISOString(),
    }
    expect(await offer(await wait(), past)).toMatchObject({ status: 400, body: { code: 'validation_failed' } })
  })
})

it('[SCH1] a visit over midnight is in the lists of both days', async () => {
  const night = { providerId, startsAt: '2027-08-02T04:30:00.000Z', endsAt: '2027-08-02T06:00:00.000Z' }
  const { id } = (await book(night)).body
  for (const [from, to, isIn] of [
    ['2027-08-01T05:00:00Z', '2027-08-02T05:00:00Z', true],
    ['2027-08-02T05:00:00Z', '2027-08-03T05:00:00Z', true],
    ['2027-08-02T06:00:00Z', '2027-08-03T05:00:00Z', false],
    ['2027-08-01T05:00:00Z', '2027-08-02T04:30:00Z', false],
  ] as const) {
    const { body } = await desk.get(`/appointments?locationId=${downtown.id}&from=${from}&to=${to}`)
    expect(
      body.items.some((one: { id: string }) => one.id === id),
      `${from} ${to}`,
    ).toBe(isIn)
  }
})
