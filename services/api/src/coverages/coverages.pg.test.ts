import { beforeAll, describe, expect, it } from 'vitest'
import { createPatient } from '../patients/test-fixtures.ts'
import { useTestPod, type Answer, type SignedIn } from '../testing/test-pod.ts'
import { createWorld, signInAs, type World } from '../testing/world.ts'

const pod = useTestPod()
let home: World
let biller: SignedIn
beforeAll(async () => {
  home = createWorld(pod, 'lakeside')
  biller = await signInAs(pod, 'lakeside', 'biller')
})

const coverage = { payerName: 'Payer', memberId: 'M1', planName: 'Gold', rank: 'primary', effectiveFrom: '2026-01-01' }
const add = (patientId: string, more: object = {}): Promise<Answer> =>
  biller.post('/coverages', { ...coverage, patientId, ...more })
const act = ({ body: { id, version } }: Answer, action: string, body: object = {}): Promise<Answer> =>
  biller.post(`/coverages/${id}/${action}`, body, { 'if-match': `"${version}"` })
const update = ({ body: { id, version } }: Answer, body: object): Promise<Answer> =>
  biller.patch(`/coverages/${id}`, body, { 'if-match': `"${version}"` })
const overlaps = { status: 409, body: { code: 'coverage_overlaps' } }

describe('a patient’s primary insurance', () => {
  it('is one at a time, also when several are added at once', async () => {
    const { id } = await createPatient(home)
    const answers = await Promise.all(Array.from({ length: 10 }, () => add(id)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array(9).fill(409)])
    expect(answers.find(({ status }) => status === 409)).toMatchObject(overlaps)
    expect((await add(id, { rank: 'secondary' })).status).toBe(201)
    expect((await add((await createPatient(home)).id)).status).toBe(201)
  })

  it('can follow another from the day after its last one', async () => {
    const { id } = await createPatient(home)
    const first = await add(id)
    expect(await add(id, { effectiveFrom: '2027-01-01' })).toMatchObject(overlaps)
    const ended = await act(first, 'end', { effectiveTo: '2026-12-31' })
    expect(ended.body.effectiveTo).toBe('2026-12-31')
    expect(await add(id, { effectiveFrom: '2026-12-31' })).toMatchObject(overlaps)
    expect((await add(id, { effectiveFrom: '2027-01-01' })).status).toBe(201)
    expect(await act(ended, 'end', { effectiveTo: '2027-01-01' })).toMatchObject(overlaps)
    expect(await act(ended, 'end', { effectiveTo: '2025-12-31' })).toMatchObject({ status: 400 })
  })

  it('cannot be made of another one while it is there', async () => {
    const { id } = await createPatient(home)
    await add(id)
    const second = await add(id, { rank: 'secondary' })
    expect(await update(second, { rank: 'primary' })).toMatchObject(overlaps)
    expect((await update(second, { rank: 'tertiary' })).body.rank).toBe('tertiary')
  })
})

describe('eligibility', () => {
  it('is asked for and answered; the events say no more than codes', async () => {
    const made = await add((await createPatient(home)).id)
    await pod.takeEvents()
    const asked = await act(made, 'verify')
    expect(asked.body).toMatchObject({ status: 'requested', checkedAt: null })
    const answered = await act(asked, 'record-eligibility', { outcome: 'active' })
    expect(answered.body).toMatchObject({ status: 'active', checkedAt: expect.any(String) })
    const patientId = made.body.patientId as string
    expect((await pod.takeEvents()).map(({ type, data, previous }) => ({ type, data, previous }))).toEqual([
      {
        type: 'patient:insurance_updated',
        data: { patientId, rank: 'primary', status: 'requested' },
        previous: { status: 'unknown' },
      },
      {
        type: 'patient:insurance_verified',
        data: { patientId, rank: 'primary', status: 'active', outcome: 'active' },
        previous: { status: 'requested' },
      },
    ])
    const again = await act(await act(answered, 'verify'), 'record-eligibility', { outcome: 'payer_down' })
    expect(again.body).toMatchObject({ status: 'payer_down', checkedAt: answered.body.checkedAt })
  })

  it('is unknown again once payer, member or plan is another, and stays with another rank or first day', async () => {
    const made = await add((await createPatient(home)).id)
    const active = await act(await act(made, 'verify'), 'record-eligibility', { outcome: 'active' })
    const ranked = await update(active, { rank: 'secondary', effectiveFrom: '2025-01-01', memberId: 'M1' })
    expect(ranked.body).toMatchObject({ status: 'active', checkedAt: active.body.checkedAt, rank: 'secondary' })
    expect((await update(ranked, { memberId: 'M2' })).body).toMatchObject({ status: 'unknown', checkedAt: null })
  })

  it('an update that says what is there already changes nothing', async () => {
    const made = await add((await createPatient(home)).id)
    await pod.takeEvents()
    expect((await update(made, { payerName: 'Payer', effectiveFrom: '2026-01-01' })).body.version).toBe(1)
    expect(await pod.takeEvents()).toEqual([])
  })
})
