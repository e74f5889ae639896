import { describe, expect, it } from 'vitest'
import { ids, useTestPod, type Answer } from '../testing/test-pod.ts'
import { createWorld, signInAs } from '../testing/world.ts'

// A burst is six seconds' worth: 60 units for a user, 90 for a tenant.
const pod = useTestPod({ USER_BUDGET: '10', TENANT_BUDGET: '15', DATABASE_POOL_SIZE: '4' })
const home = createWorld(pod, 'lakeside')
const patient = `/patients/${ids.lakeside.patientIds[0]}`
const refused = { status: 429, body: { code: 'rate_limited' } }
const countOf = (answers: readonly Answer[], status: number) =>
  answers.filter((answer) => answer.status === status).length

async function spendAll(ask: () => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let n = 0; n < 200 && countOf(answers, 429) === 0; n++)
    answers.push(...(await Promise.all(Array.from({ length: 20 }, ask))))
  return answers.toSorted((a, b) => a.status - b.status)
}

it('[SEC34] what is refused costs too: requests that are not valid, and tokens that are none', async () => {
  const owner = await signInAs(pod, 'summit', 'owner')
  expect((await spendAll(() => owner.post('/patients/search', { limit: -1 }))).at(-1)).toMatchObject(refused)
  const forged = pod.withToken('no.token.atall')
  const from = { 'x-forwarded-for': '203.0.113.9' }
  expect((await spendAll(() => forged.get('/locations', from))).at(-1)).toMatchObject(refused)
  // It is that place's alone: elsewhere people sign in.
  await pod.signIn('provider@summit.example', { fresh: true })
})

describe('[SEC34] a user’s and a tenant’s budget', () => {
  it('ends in 429 on every kind of request, and is nobody else’s', async () => {
    const desk = await signInAs(pod, 'lakeside', 'front_desk')
    const answers = await spendAll(() => desk.get(patient))
    expect(countOf(answers, 200)).toBeGreaterThanOrEqual(60)
    const last = answers.find(({ status }) => status === 429)
    expect(last).toMatchObject(refused)
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    const channel = `${home.tenantId}/t/patients`
    const body = { firstName: 'A', lastName: 'B', dateOfBirth: '1980-01-01' }
    for (const ask of [
      () => desk.post('/patients/search', { query: 'a' }),
      () => desk.post('/patients', body),
      () => desk.get(`/events?channel=${channel}&epoch=0000000000000000&after=0`),
      () => desk.get('/auth/me'),
    ])
      expect((await spendAll(ask)).at(-1)).toMatchObject(refused)
    expect((await (await signInAs(pod, 'lakeside', 'provider')).get(patient)).status).toBe(200)
    expect((await (await signInAs(pod, 'summit', 'front_desk')).get('/locations')).status).toBe(200)
  })

  it('a tenant’s users together have the tenant’s, and another tenant is not held up', async () => {
    const users = await Promise.all(
      (['owner', 'provider', 'medical_assistant', 'biller'] as const).map((role) => signInAs(pod, 'summit', role)),
    )
    const answers = await Promise.all(users.flatMap((user) => Array.from({ length: 50 }, () => user.get('/locations'))))
    expect(countOf(answers, 200)).toBeLessThan(150)
    expect(countOf(answers, 429)).toBeGreaterThan(50)
    expect((await (await signInAs(pod, 'lakeside', 'auditor')).get('/auth/me')).status).toBe(200)
  })

  it('a search for many rows costs more than one for few', async () => {
    const few = await spendSearches('owner', 10)
    const many = await spendSearches('biller', 100)
    expect(few).toBeGreaterThanOrEqual(4)
    expect(many).toBeLessThanOrEqual(3)
    expect(many).toBeGreaterThan(0)
  })
})

async function spendSearches(role: 'owner' | 'biller', limit: number): Promise<number> {
  // The tenant's budget has room again.
  await new Promise((resolve) => setTimeout(resolve, 6_000))
  const user = await signInAs(pod, 'lakeside', role)
  const answers = await Promise.all(
    Array.from({ length: 14 }, (_, n) => user.post('/patients/search', { query: String.fromCharCode(97 + n), limit })),
  )
  return countOf(answers, 200)
}
