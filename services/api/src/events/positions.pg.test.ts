import { beforeAll, describe, expect, it } from 'vitest'
import { parsePositions } from '@derm/contract'
import { ids, useTestPod, type SignedIn } from '../testing/test-pod.ts'

const pod = useTestPod()
const { lakeside, summit } = ids
const downtown = lakeside.locations['downtown'] as { id: string; providerIds: string[] }
const north = lakeside.locations['north'] as { id: string }
const scheduling = `l:${downtown.id}/scheduling`
const ask = (...channels: string[]) =>
  `/positions?${channels.map((one) => `channel=${encodeURIComponent(one)}`).join('&')}`
let desk: SignedIn
let hour = 0
const book = () => {
  const start = Date.UTC(2027, 10, 1) + hour++ * 3_600_000
  return desk.post('/appointments', {
    locationId: downtown.id,
    providerId: downtown.providerIds[0],
    patientId: lakeside.patientIds[0],
    type: 'follow_up',
    startsAt: new Date(start).toISOString(),
    endsAt: new Date(start + 900_000).toISOString(),
  })
}

beforeAll(async () => {
  desk = await pod.signIn('frontdesk@lakeside.example')
})

describe('[INV25] positions over HTTP', () => {
  it('are those of the channels that one names, by name or by scope and topic', async () => {
    const published = parsePositions((await book()).headers.get('published'))!
    const name = `${desk.user.tenantId}/${scheduling}`
    const answer = await desk.get(ask(scheduling, 't/patients'))
    expect(answer.body.channels).toContainEqual({ channel: name, ...published[scheduling] })
    expect(answer.body.channels).toHaveLength(2)
    expect(parsePositions(answer.headers.get('as-of'))![scheduling]).toEqual(published[scheduling])
    expect((await desk.get(ask(name))).body.channels).toEqual([{ channel: name, ...published[scheduling] }])
  })

  it('cost no body while nothing has changed, whatever the order of the question', async () => {
    const { headers } = await desk.get(ask(scheduling, 't/patients'))
    const tag = headers.get('etag')!
    expect((await desk.get(ask('t/patients', scheduling), { 'if-none-match': tag })).status).toBe(304)
    await book()
    expect((await desk.get(ask(scheduling, 't/patients'), { 'if-none-match': tag })).status).toBe(200)
  })

  it('are told to who may see the channel, and nothing of any other', async () => {
    const foreign = `${summit.tenantId}/t/patients`
    const hidden = [
      `l:${north.id}/scheduling`,
      't/safety',
      foreign,
      `u:${lakeside.users['owner']!.id}/inbox`,
      'nonsense',
      '',
    ]
    const answer = await desk.get(ask(...hidden))
    expect(answer).toMatchObject({ status: 200, body: { channels: [] } })
    expect(answer.headers.get('as-of')).toBeNull()
    expect((await pod.nobody.get(ask(scheduling))).status).toBe(401)
  })

  it('are asked for a hundred channels at most', async () => {
    expect((await desk.get('/positions')).status).toBe(400)
    expect((await desk.get(ask(...Array.from({ length: 101 }, () => scheduling)))).status).toBe(400)
    expect((await desk.get(ask(...Array.from({ length: 100 }, () => scheduling)))).body.channels).toHaveLength(1)
  })
})
