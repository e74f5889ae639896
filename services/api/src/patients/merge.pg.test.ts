import { definitionOf, subjectOf } from '@derm/contract'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { accounts } from '../accounts/account.ts'
import { allergies } from '../allergies/allergy.ts'
import { appointments } from '../appointments/appointment.ts'
import { coverages } from '../coverages/coverage.ts'
import { documents } from '../documents/document.ts'
import { recalls } from '../recalls/recall.ts'
import { AGGREGATE_FIXTURES } from '../testing/aggregate-fixtures.ts'
import { create, type Made } from '../testing/test-fixtures.ts'
import { ids, useTestPod, type Answer, type SignedIn } from '../testing/test-pod.ts'
import { createWorld, signInAs, type Place, type World } from '../testing/world.ts'
import { waitlist } from '../waitlist/waitlist-entry.ts'
import { createPatient } from './test-fixtures.ts'

const pod = useTestPod()
let home: World
let owner: SignedIn
let provider: SignedIn

/** What `createWhole` makes. */
const FOLLOWING = [appointments, waitlist, recalls, coverages, allergies, documents, accounts]

beforeAll(async () => {
  home = createWorld(pod, 'lakeside')
  owner = await signInAs(pod, 'lakeside', 'owner')
  provider = await signInAs(pod, 'lakeside', 'provider')
})
beforeEach(async () => void (await pod.takeEvents()))

const merge = ({ id, version }: Made, into: string, client = owner): Promise<Answer> =>
  client.post(`/patients/${id}/merge`, { intoId: into }, { 'if-match': `"${version}"` })
const coverageOf = ({ id }: Made, more: object = {}) => ({
  patientId: id,
  payerName: 'Payer',
  memberId: 'M1',
  rank: 'primary',
  effectiveFrom: '2026-01-01',
  ...more,
})
const change = (client: SignedIn, path: string, { id, version }: Made, action: string, body: object) =>
  client.post(`${path}/${id}/${action}`, body, { 'if-match': `"${version}"` })
const visitOf = ({ id }: Made, at: Place) => ({
  locationId: at.id,
  providerId: at.providerIds[0],
  patientId: id,
  type: 'skin_check',
  ...home.slot(),
})
/** Somebody of whom every kind of thing is there, also in a location that not everybody sees. */
async function createWhole(): Promise<Made> {
  const patient = await createPatient(home)
  const patientId = patient.id
  const locationId = home.location.id
  await create(owner, '/appointments', visitOf(patient, home.location))
  await create(owner, '/appointments', visitOf(patient, home.elsewhere))
  await create(owner, '/waitlist', { locationId, patientId, type: 'mohs', earliestDate: '2027-06-01' })
  await create(owner, '/recalls', { locationId, patientId, kind: 'annual_check', dueOn: '2027-06-01' })
  await create(owner, '/coverages', coverageOf(patient))
  await create(provider, '/allergies', { patientId, substance: 'Penicillin', severity: 'severe' })
  await create(owner, '/documents', { patientId, kind: 'letter', title: 'Letter', receivedOn: '2026-01-01', pages: 1 })
  const account = await create(owner, '/accounts', { patientId })
  await change(owner, '/accounts', account, 'adjust', { code: 'charge', amountCents: 5_000 })
  await pod.takeEvents()
  return patient
}

/** What says which record was shown to whom stays true of that record. */
const STAYS = ['patient_views']

describe('[AGG17] a merge moves all that hangs on a record, in one transaction', () => {
  it('every table that points to a patient follows, and its event makes each stale', async () => {
    const pointing = await pod.sql<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.columns WHERE column_name = 'patient_id' AND table_schema = 'public' AND table_name <> ALL ($1) ORDER BY 1`,
      [STAYS],
    )
    const stale = definitionOf('patient:merged').invalidates
    const left: string[] = []
    for (const { name } of pointing) {
      const fixtures = AGGREGATE_FIXTURES.find(({ aggregate }) => aggregate.table === name)
      if (!fixtures || !stale.includes(subjectOf(fixtures.aggregate.subject).resource)) {
        left.push(name)
        continue
      }
      const [from, into] = [await createPatient(home), await createPatient(home)]
      const made = await fixtures.make(home, home.location)
      await pod.sql(`UPDATE ${name} SET patient_id = $1 WHERE id = $2`, [from.id, made.id])
      expect((await merge(from, into.id)).status).toBe(200)
      const [row] = await pod.sql(`SELECT patient_id, version FROM ${name} WHERE id = $1`, [made.id])
      if (row.patient_id !== into.id || row.version !== made.version + 1) left.push(name)
    }
    expect(left).toEqual([])
  })

  it('whoever merges, wherever it lies, with a version and an audit entry for each, and one event', async () => {
    const [from, into] = [await createWhole(), await createPatient(home)]
    await pod.takeEvents()
    const rowsOf = async (patient: Made) =>
      (
        await Promise.all(
          FOLLOWING.map(({ table }) =>
            pod.sql(`SELECT id, version FROM ${table} WHERE patient_id = $1 ORDER BY id`, [patient.id]),
          ),
        )
      ).flat()
    const before = await rowsOf(from)
    expect(before).toHaveLength(8)
    // A provider sees no accounts, and works in some locations only.
    const answer = await merge(from, into.id, provider)
    expect([answer.status, answer.body.status, answer.body.mergedIntoId]).toEqual([200, 'merged', into.id])
    expect(await rowsOf(from)).toEqual([])
    expect(await rowsOf(into)).toEqual(before.map(({ id, version }) => ({ id, version: version + 1 })))
    const audits = await pod.sql(
      `SELECT subject_id FROM audit_log WHERE action LIKE '%.follow-merge' AND actor_id = $1`,
      [provider.user.id],
    )
    expect(audits.map(({ subject_id }) => subject_id).toSorted()).toEqual(before.map(({ id }) => id).toSorted())
    expect(await pod.takeEvents()).toMatchObject([
      {
        type: 'patient:merged',
        subject: { id: from.id },
        data: { survivingId: into.id },
        previous: { status: 'active' },
      },
    ])
  })

  it('a balance goes by a line in both ledgers when both have an account', async () => {
    const [from, into] = [await createWhole(), await createWhole()]
    expect((await merge(from, into.id)).status).toBe(200)
    const accountOf = async ({ id }: Made) => (await owner.get(`/accounts?patientId=${id}`)).body.items[0]
    expect(await accountOf(from)).toMatchObject({
      balanceCents: 0,
      entries: [{ code: 'transfer', amountCents: -5_000 }, {}],
    })
    expect(await accountOf(into)).toMatchObject({
      balanceCents: 10_000,
      entries: [{ code: 'transfer', amountCents: 5_000 }, {}],
    })
  })

  it('the surviving record’s primary insurance stays primary, and it has the flags of both', async () => {
    const [from, into] = [await createWhole(), await createWhole()]
    const old = { effectiveFrom: '2020-01-01', effectiveTo: '2021-12-31' }
    await create(owner, '/coverages', coverageOf(from, { ...old, memberId: 'ended' }))
    const flagged = await change(owner, '/patients', from, 'flag', { flags: ['latex', 'wheelchair'] })
    await change(owner, '/patients', into, 'flag', { flags: ['wheelchair', 'fall_risk'] })
    expect((await merge(flagged.body, into.id)).status).toBe(200)
    const { items } = (await owner.get(`/coverages?patientId=${into.id}`)).body
    const ranks = items.map(({ rank, memberId }: { rank: string; memberId: string }) => `${rank} ${memberId}`)
    expect(ranks.toSorted()).toEqual(['primary M1', 'primary ended', 'secondary M1'])
    expect((await owner.get(`/patients/${into.id}`)).body.flags).toEqual(['wheelchair', 'fall_risk', 'latex'])
  })

  it('what was merged before names the record that survives now', async () => {
    const [first, second, third] = [await createPatient(home), await createPatient(home), await createPatient(home)]
    await merge(first, second.id)
    expect((await merge({ ...second, version: 2 }, third.id)).status).toBe(200)
    expect((await owner.get(`/patients/${first.id}`)).body).toMatchObject({ status: 'merged', mergedIntoId: third.id })
  })

  it('a merged record is read, and found no more; nothing can be added to it', async () => {
    const [from, into] = [await createPatient(home), await createPatient(home)]
    await merge(from, into.id)
    const { body: read } = await owner.get(`/patients/${from.id}`)
    expect(read).toMatchObject({ status: 'merged', mergedIntoId: into.id })
    const { items } = (await owner.post('/patients/search', { query: read.lastName })).body
    expect(items).toEqual([])
    const refused = { status: 409, body: { code: 'patient_merged', mergedIntoId: into.id } }
    expect(await owner.post('/coverages', coverageOf(from))).toMatchObject(refused)
    expect(await owner.post('/appointments', visitOf(from, home.location))).toMatchObject(refused)
    expect(await owner.post('/accounts', { patientId: from.id })).toMatchObject(refused)
  })
})

describe('a merge is refused', () => {
  it('for the record itself, a merged one, another practice’s, and into a merged one', async () => {
    const [one, other, gone] = [await createPatient(home), await createPatient(home), await createPatient(home)]
    const merged: Made = (await merge(gone, other.id)).body
    await pod.takeEvents()
    expect(await merge(one, one.id)).toMatchObject({ status: 400, body: { code: 'validation_failed' } })
    expect(await merge(one, ids.summit.patientIds[0]!)).toMatchObject({ status: 400 })
    expect(await merge(one, gone.id)).toMatchObject({
      status: 409,
      body: { code: 'patient_merged', mergedIntoId: other.id },
    })
    expect(await merge(merged, one.id)).toMatchObject({
      status: 409,
      body: { code: 'invalid_transition', possible: [] },
    })
    expect(await pod.takeEvents()).toEqual([])
  })
})

describe('merges and others at once', () => {
  it('of two that cross, one wins, and none waits for the other in a circle', async () => {
    for (let round = 0; round < 12; round++) {
      const pair = [await createPatient(home), await createPatient(home)] as [Made, Made]
      const answers = await Promise.all([merge(pair[0], pair[1].id), merge(pair[1], pair[0].id)])
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409])
      const stored = await pod.sql('SELECT status FROM patients WHERE id = ANY($1)', [pair.map(({ id }) => id)])
      expect(stored.map(({ status }) => status).toSorted()).toEqual(['active', 'merged'])
    }
  })

  it('what is added meanwhile goes to the surviving record or is refused', async () => {
    const outcomes = new Set<number>()
    for (let round = 0; round < 12; round++) {
      const [from, into] = [await createPatient(home), await createPatient(home)]
      const additions = Array.from({ length: 6 }, () =>
        owner.post('/coverages', coverageOf(from, { rank: 'tertiary' })),
      )
      const [merged, ...added] = await Promise.all([merge(from, into.id), ...additions])
      expect(merged.status).toBe(200)
      for (const { status } of added) outcomes.add(status)
      expect(await pod.sql('SELECT FROM coverages WHERE patient_id = $1', [from.id])).toEqual([])
      const kept = await pod.sql('SELECT FROM coverages WHERE patient_id = $1', [into.id])
      expect(kept).toHaveLength(added.filter(({ status }) => status === 201).length)
    }
    expect([...outcomes].filter((status) => status !== 201 && status !== 409)).toEqual([])
  })
})
