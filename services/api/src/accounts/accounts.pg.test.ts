import { beforeAll, describe, expect, it } from 'vitest'
import { createPatient } from '../patients/test-fixtures.ts'
import { create, type Made } from '../testing/test-fixtures.ts'
import { useTestPod, type Answer, type SignedIn } from '../testing/test-pod.ts'
import { createWorld, signInAs, type World } from '../testing/world.ts'

const pod = useTestPod()
let home: World
let biller: SignedIn
beforeAll(async () => {
  home = createWorld(pod, 'lakeside')
  biller = await signInAs(pod, 'lakeside', 'biller')
})

const open = async (): Promise<Made> => create(biller, '/accounts', { patientId: (await createPatient(home)).id })
const act = ({ id, version }: Made, action: string, body: object): Promise<Answer> =>
  biller.post(`/accounts/${id}/${action}`, body, { 'if-match': `"${version}"` })
/** Accounts whose balance is not the sum of their ledger. */
const unequal = () =>
  pod.sql(
    `SELECT id FROM accounts a WHERE balance_cents <> (
       SELECT coalesce(sum(amount_cents), 0) FROM account_entries e WHERE e.account_id = a.id)`,
  )

describe('[AGG18] a balance is the sum of its ledger', () => {
  it('after every kind of line, newest first, with who added it', async () => {
    let made = await open()
    for (const [action, body] of [
      ['adjust', { code: 'charge', amountCents: 18_000 }],
      ['copay', { amountCents: 3_000 }],
      ['adjust', { code: 'payment', amountCents: -10_000 }],
      ['adjust', { code: 'adjustment', amountCents: -1_000 }],
      ['adjust', { code: 'refund', amountCents: 500 }],
    ] as const) {
      const answer = await act(made, action, body)
      expect(answer.status, answer.text).toBe(200)
      made = answer.body
    }
    expect(made).toMatchObject({ balanceCents: 4_500, currency: 'USD', version: 6 })
    const { entries } = made as unknown as { entries: { code: string; amountCents: number; actorName: string }[] }
    expect(entries.map(({ code, amountCents }) => [code, amountCents])).toEqual([
      ['refund', 500],
      ['adjustment', -1_000],
      ['payment', -10_000],
      ['copay', -3_000],
      ['charge', 18_000],
    ])
    expect(new Set(entries.map(({ actorName }) => actorName))).toEqual(new Set([biller.user.displayName]))
    expect(await unequal()).toEqual([])
  })

  it('of copays that are taken at once, as many as the caller tries again', async () => {
    const { id } = await open()
    const take = async (): Promise<void> => {
      for (;;) {
        const { body } = await biller.get(`/accounts/${id}`)
        if ((await act(body, 'copay', { amountCents: 100 })).status === 200) return
      }
    }
    await Promise.all(Array.from({ length: 8 }, take))
    const [stored] = await pod.sql('SELECT balance_cents, version FROM accounts WHERE id = $1', [id])
    expect(stored).toEqual({ balance_cents: -800, version: 9 })
    expect(await unequal()).toEqual([])
  })
})

it('a patient has one account, also when two open it at once', async () => {
  const { id: patientId } = await createPatient(home)
  const answers = await Promise.all([0, 1, 2].map(() => biller.post('/accounts', { patientId })))
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409])
  expect(answers.find(({ status }) => status === 409)!.body.code).toBe('account_exists')
})

it('amounts have the sign of their code', async () => {
  const made = await open()
  for (const [code, amountCents] of [
    ['charge', -1],
    ['refund', -1],
    ['payment', 1],
    ['adjustment', 0],
    ['transfer', 1],
  ] as const)
    expect([code, (await act(made, 'adjust', { code, amountCents })).status]).toEqual([code, 400])
  expect((await act(made, 'copay', { amountCents: -1 })).status).toBe(400)
  expect((await act(made, 'copay', { amountCents: 1.5 })).status).toBe(400)
})

it('[AGG18] nothing is added to the ledger of a record that was merged, by a screen that does not know it', async () => {
  const desk = await home.as('demographics')
  const merge = ({ id, version }: Made, into: Made) =>
    desk.post(`/patients/${id}/merge`, { intoId: into.id }, { 'if-match': `"${version}"` })
  const [given, survivor] = [await createPatient(home), await createPatient(home)]
  const empty = await create(biller, '/accounts', { patientId: given.id })
  await create(biller, '/accounts', { patientId: survivor.id })
  expect((await merge(given, survivor)).status).toBe(200)
  for (const [action, body] of [
    ['copay', { amountCents: 3_000 }],
    ['adjust', { code: 'charge', amountCents: 3_000 }],
  ] as const)
    expect(await act(empty, action, body)).toMatchObject({
      status: 409,
      body: { code: 'patient_merged', mergedIntoId: survivor.id },
    })
})

it('[AGG18] copays and a merge at once: all that was taken is in the surviving balance', async () => {
  const desk = await home.as('demographics')
  const pairs = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const [given, survivor] = [await createPatient(home), await createPatient(home)]
      const account = await create(biller, '/accounts', { patientId: given.id })
      await create(biller, '/accounts', { patientId: survivor.id })
      return { given, survivor, account }
    }),
  )
  await Promise.all(
    pairs.map(async ({ given, survivor, account }) => {
      const [merged, copay] = await Promise.all([
        desk.post(`/patients/${given.id}/merge`, { intoId: survivor.id }, { 'if-match': `"${given.version}"` }),
        act(account, 'copay', { amountCents: 100 }),
      ])
      expect(merged.status, merged.text).toBe(200)
      expect([200, 409]).toContain(copay.status)
      const { body } = await biller.get(`/accounts?patientId=${survivor.id}`)
      expect(body.items[0].balanceCents).toBe(copay.status === 200 ? -100 : 0)
    }),
  )
  expect(await unequal()).toEqual([])
})
