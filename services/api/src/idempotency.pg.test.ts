import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ids, useTestPod, type SignedIn } from './testing/test-pod.ts'

const pod = useTestPod()
const downtown = ids.lakeside.locations['downtown'] as { id: string; providerIds: string[] }
let desk: SignedIn
let hour = 0
const booking = () => {
  const start = Date.UTC(2027, 8, 1) + hour++ * 3_600_000
  return {
    locationId: downtown.id,
    providerId: downtown.providerIds[0],
    patientId: ids.lakeside.patientIds[0],
    type: 'follow_up',
    startsAt: new Date(start).toISOString(),
    endsAt: new Date(start + 900_000).toISOString(),
  }
}
const book = (key: string, body: object, client = desk) =>
  client.post('/appointments', body, { 'idempotency-key': key })

beforeAll(async () => {
  desk = await pod.signIn('frontdesk@lakeside.example')
})
beforeEach(async () => void (await pod.takeEvents()))

describe('[LOG1] Idempotency-Key', () => {
  it('a repeat returns the first answer, to the byte and with its headers, and emits nothing', async () => {
    const body = booking()
    const first = await book('a', body)
    const second = await book('a', body)
    expect(first.status).toBe(201)
    expect(second.status).toBe(201)
    expect(second.text).toBe(first.text)
    for (const name of ['etag', 'location', 'published']) expect(second.headers.get(name)).toBe(first.headers.get(name))
    expect(second.headers.get('idempotent-replayed')).toBe('true')
    const events = await pod.takeEvents()
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({ mutationId: 'a' })
  })

  it('a repeat of an action still returns it after the version has moved on', async () => {
    const { id } = (await desk.post('/appointments', booking())).body
    const confirm = () => desk.post(`/appointments/${id}/confirm`, {}, { 'if-match': '"1"', 'idempotency-key': 'act' })
    const first = await confirm()
    await desk.post(`/appointments/${id}/check-in`, {}, { 'if-match': '"2"' })
    const again = await confirm()
    expect(again.text).toBe(first.text)
    expect(again.body.status).toBe('confirmed')
    expect((await desk.get(`/appointments/${id}`)).body.status).toBe('checked_in')
  })

  it('of many at the same time one runs; the others get its answer, or are told to come back', async () => {
    const body = booking()
    const answers = await Promise.all(Array.from({ length: 12 }, () => book('many', body)))
    for (const { status, body } of answers)
      expect([201, 409]).toContain(status === 201 ? 201 : body.code === 'idempotency_in_progress' ? 409 : 0)
    expect((await book('many', body)).status).toBe(201)
    expect(await pod.takeEvents()).toHaveLength(1)
  })

  it('the same key for another request is refused', async () => {
    await book('mismatch', booking())
    expect(await book('mismatch', booking())).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } })
    expect(
      await desk.post(
        '/waitlist',
        {
          locationId: downtown.id,
          patientId: ids.lakeside.patientIds[0],
          type: 'mohs',
          earliestDate: '2027-01-01',
        },
        { 'idempotency-key': 'mismatch' },
      ),
    ).toMatchObject({ status: 422 })
  })

  it('what failed leaves the key free', async () => {
    const body = booking()
    await desk.post('/appointments', body)
    expect(await book('retry', body)).toMatchObject({ body: { code: 'slot_taken' } })
    expect((await book('retry', booking())).status).toBe(201)
  })

  it('is a user’s own', async () => {
    const other = await pod.signIn('ma@lakeside.example')
    const [one, two] = [await book('mine', booking()), await book('mine', booking(), other)]
    expect([one.status, two.status]).toEqual([201, 201])
    expect(one.body.id).not.toBe(two.body.id)
  })

  it('[SEC] does not repeat what its user may no longer see', async () => {
    const provider = await pod.signIn('provider@lakeside.example')
    const owner = await pod.signIn('owner@lakeside.example')
    const body = booking()
    expect((await book('lost', body, provider)).status).toBe(201)
    await owner.patch(`/admin/users/${provider.user.id}/grants`, {
      grants: [{ role: 'biller', locationId: ids.lakeside.locations['north']?.id }],
    })
    expect(await book('lost', body, provider)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  })

  it('[SEC] nor what caused no event, once anything of its access has changed', async () => {
    const assistant = await pod.signIn('ma@summit.example')
    const owner = await pod.signIn('owner@summit.example')
    const patient = await assistant.get(`/patients/${ids.summit.patientIds[0]}`)
    const nothing = () =>
      assistant.patch(
        `/patients/${ids.summit.patientIds[0]}`,
        {},
        {
          'if-match': `"${patient.body.version}"`,
          'idempotency-key': 'nothing',
        },
      )
    expect([(await nothing()).status, (await nothing()).status]).toEqual([200, 200])
    await owner.patch(`/admin/users/${assistant.user.id}/grants`, { grants: [{ role: 'auditor', locationId: null }] })
    expect(await nothing()).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  })

  it('one that is none is refused', async () => {
    for (const key of ['', ' ', 'a b', 'x'.repeat(201)])
      expect([400, 201]).toContain((await book(key, booking())).status)
    expect((await book('x'.repeat(201), booking())).status).toBe(400)
    expect((await book('a/b', booking())).status).toBe(400)
  })
})
