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
