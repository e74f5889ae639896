import { beforeAll, describe, expect, it } from 'vitest'
import { useTestPod, type SignedIn } from '../testing/test-pod.ts'
import { createWorld, signInAs } from '../testing/world.ts'
import { createPatient } from './test-fixtures.ts'

const pod = useTestPod()
let desk: SignedIn
beforeAll(async () => {
  desk = await signInAs(pod, 'lakeside', 'front_desk')
})

const person = { firstName: 'Ada', lastName: 'Example', dateOfBirth: '1980-01-01' }
const register = async (client: SignedIn = desk): Promise<string> => (await client.post('/patients', person)).body.mrn

describe('a new patient’s record number', () => {
  it('is the practice’s next one, given once, however many are registered at once', async () => {
    const numbers = await Promise.all(Array.from({ length: 20 }, () => register()))
    expect(numbers.toSorted()).toEqual(Array.from({ length: 20 }, (_, n) => `P${100_001 + n}`))
    const theirs = await register(await signInAs(pod, 'summit', 'front_desk'))
    expect(theirs).toBe('P100001')
  })

  it('is none that the practice has brought from elsewhere', async () => {
    const next = Number((await register()).slice(1)) + 1
    const made = await createPatient(createWorld(pod, 'lakeside'))
    await pod.sql(`UPDATE patients SET mrn = 'P' || $2 WHERE id = $1`, [made.id, String(next + 1)])
    await pod.sql(`UPDATE mrn_counters SET last = $1`, [next])
    expect(await register()).toBe(`P${next + 2}`)
  })
})

it('a search finds a name by its letters, large or small, accents included', async () => {
  for (const lastName of ['Éric', 'Özil', 'Straße']) {
    await desk.post('/patients', { ...person, lastName })
    for (const query of [lastName, lastName.toLowerCase(), lastName.slice(0, 2)]) {
      const { body } = await desk.post('/patients/search', { query })
      expect(
        body.items.map((found: { lastName: string }) => found.lastName),
        query,
      ).toContain(lastName)
    }
  }
})

it('a change goes on while a migration of the next version adds a column', async () => {
  const made = await createPatient(createWorld(pod, 'lakeside'))
  const rename = (version: number) =>
    desk.patch(`/patients/${made.id}`, { firstName: `Ada ${version}` }, { 'if-match': `"${version}"` })
  // Each connection of the pod has the statement prepared.
  await Promise.all(Array.from({ length: 20 }, () => rename(1)))
  await pod.sql('ALTER TABLE patients ADD COLUMN of_the_next_version text')
  try {
    for (const version of [2, 3, 4]) expect((await rename(version)).status).toBe(200)
  } finally {
    await pod.sql('ALTER TABLE patients DROP COLUMN of_the_next_version')
  }
})

describe('flags', () => {
  it('are set as a whole; the event names none of them', async () => {
    const made = await createPatient(createWorld(pod, 'lakeside'))
    const flag = (flags: string[], version: number) =>
      desk.post(`/patients/${made.id}/flag`, { flags }, { 'if-match': `"${version}"` })
    expect((await flag(['latex', 'wheelchair'], 1)).body.flags).toEqual(['wheelchair', 'latex'])
    await pod.takeEvents()
    expect((await flag(['fall_risk', 'latex'], 2)).status).toBe(200)
    expect(await pod.takeEvents()).toMatchObject([{ type: 'patient:flag_changed', data: {} }])
    expect(
      (await pod.sql(`SELECT body FROM events WHERE type = 'patient:flag_changed'`)).map(({ body }) => body).join(),
    ).not.toMatch(/fall_risk|latex|wheelchair/)
    expect((await flag(['latex', 'fall_risk'], 3)).body.version).toBe(3)
    expect(await pod.takeEvents()).toEqual([])
    expect((await flag(['latex', 'latex'], 3)).status).toBe(400)
    expect((await flag(['smoker'], 3)).status).toBe(400)
  })
})
