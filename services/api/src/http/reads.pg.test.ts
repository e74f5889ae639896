import { beforeAll, describe, expect, it } from 'vitest'
import { formatPositions, parsePositions, type Positions } from '@derm/contract'
import { ids, useTestPod, type SignedIn } from '../testing/test-pod.ts'
import { toReadReply } from './read-route.ts'

const pod = useTestPod()
const { lakeside } = ids
const downtown = lakeside.locations['downtown'] as { id: string; providerIds: string[] }
const scheduling = `l:${downtown.id}/scheduling`
const list = `/appointments?locationId=${downtown.id}&from=2027-10-01T00:00:00Z&to=2027-11-01T00:00:00Z`
let desk: SignedIn
let hour = 0
const book = (client = desk) => {
  const start = Date.UTC(2027, 9, 1) + hour++ * 3_600_000
  return client.post('/appointments', {
    locationId: downtown.id,
    providerId: downtown.providerIds[0],
    patientId: lakeside.patientIds[0],
    type: 'follow_up',
    startsAt: new Date(start).toISOString(),
    endsAt: new Date(start + 900_000).toISOString(),
  })
}
const positions = (header: string | null): Positions => parsePositions(header) as Positions

beforeAll(async () => {
  desk = await pod.signIn('frontdesk@lakeside.example')
})

describe('[LOG6] a read says how new it is', () => {
  it('by the channels that feed it, from the first event on', async () => {
    const before = positions((await desk.get(list)).headers.get('as-of'))
    expect(Object.keys(before).sort()).toEqual([scheduling, 't/patients'])
    const published = positions((await book()).headers.get('published'))
    const after = await desk.get(list)
    expect(positions(after.headers.get('as-of'))[scheduling]).toEqual(published[scheduling])
    expect(after.body.items).toHaveLength(1)
  })

  it('and never as newer than its data: under writes, each list holds what its As-Of promises', async () => {
    let isWriting = true
    const written = (async () => {
      for (let i = 0; i < 30; i++) await book()
      isWriting = false
    })()
    while (isWriting) {
      const { headers, body } = await desk.get(`${list}&limit=500`)
      const seq = positions(headers.get('as-of'))[scheduling]?.seq ?? 0
      const [{ count }] = (await pod.sql(
        `SELECT count(*) FROM events WHERE seq <= $1 AND type = 'appointment:created' AND channel LIKE $2`,
        [seq, `%${scheduling}`],
      )) as [{ count: string }]
      expect(body.items.length).toBeGreaterThanOrEqual(Number(count))
    }
    await written
  })

  it('[SEC] only by channels that the caller may see', async () => {
    const north = await pod.signIn('frontdesk.north@lakeside.example')
    const answer = await north.get(`/waitlist?locationId=${lakeside.locations['north']?.id}`)
    expect(answer.headers.get('as-of')).not.toContain(downtown.id)
    const locations = await desk.get('/locations')
    expect(locations.headers.get('as-of')).toBeNull()
  })

  it('with more channels than a header holds, in the body, and then there is no 304', () => {
    const many = Object.fromEntries(
      Array.from({ length: 33 }, (_, i) => [`l:${i}/scheduling`, { epoch: '0'.repeat(16), seq: i }]),
    )
    const exchange = { api: pod.pod.api, request: { method: 'GET', get: () => '*' } } as unknown as Parameters<
      typeof toReadReply
    >[0]
    const reply = toReadReply(exchange, { items: [] }, many, undefined)
    expect(reply).toMatchObject({ status: 200, body: { items: [], asOf: many } })
    expect(reply.headers).not.toHaveProperty('As-Of')
  })
})

describe('[LOG6] Min-As-Of', () => {
  it('is answered when it is covered, and else not: 503 with Retry-After', async () => {
    const { headers } = await desk.get(list)
    const asOf = positions(headers.get('as-of'))
    expect((await desk.get(list, { 'min-as-of': headers.get('as-of') ?? '' })).status).toBe(200)
    const head = asOf[scheduling] as Positions[string]
    const beyond = formatPositions({ [scheduling]: { ...head, seq: head.seq + 1 } })
    const refused = await desk.get(list, { 'min-as-of': beyond })
    expect(refused).toMatchObject({ status: 503, body: { code: 'not_fresh_enough' } })
    expect(refused.headers.get('retry-after')).toBe('1')
    const later = formatPositions({ [scheduling]: { epoch: 'f'.repeat(16), seq: 0 } })
    expect((await desk.get(list, { 'min-as-of': later })).status).toBe(503)
    const elsewhere = formatPositions({ 't/billing': { epoch: 'f'.repeat(16), seq: 9 } })
    expect((await desk.get(list, { 'min-as-of': elsewhere })).status).toBe(200)
    const reordered = ` "${scheduling}"; seq=${head.seq};later;epoch="${head.epoch}"\t`
    expect((await desk.get(list, { 'min-as-of': reordered })).status).toBe(200)
    for (const malformed of ['nonsense', `${beyond},`, `${later}, "t/billing";seq=1`])
      expect((await desk.get(list, { 'min-as-of': malformed })).status).toBe(400)
  })
})

describe('ETag', () => {
  it('304 carries the new As-Of and no body, until the data changes', async () => {
    const { body } = await book()
    const path = `/appointments/${body.id}`
    const first = await desk.get(path)
    const tag = first.headers.get('etag') ?? ''
    expect(tag).toMatch(/^"1\.[\w-]{22}"$/)
    expect(first.headers.get('cache-control')).toBe('no-store')
    await book()
    const same = await desk.get(path, { 'if-none-match': tag })
    expect([same.status, same.text]).toEqual([304, ''])
    expect(positions(same.headers.get('as-of'))[scheduling]?.seq).toBe(
      (positions(first.headers.get('as-of'))[scheduling]?.seq ?? 0) + 1,
    )

    const patient = await desk.get(`/patients/${lakeside.patientIds[0]}`)
    await desk.patch(
      `/patients/${lakeside.patientIds[0]}`,
      { firstName: 'Renamed' },
      { 'if-match': `"${patient.body.version}"` },
    )
    const renamed = await desk.get(path, { 'if-none-match': tag })
    expect([renamed.status, renamed.body.patient.firstName, renamed.body.version]).toEqual([200, 'Renamed', 1])
  })
})

describe('[LOG7] catch-up', () => {
  const path = (query: Record<string, string | number>) =>
    `/events?${new URLSearchParams({ channel: `${lakeside.tenantId}/${scheduling}`, ...(query as Record<string, string>) }).toString()}`

  it('pages through every event once, in order', async () => {
    const { epoch, seq } = positions((await desk.get(list)).headers.get('as-of'))[scheduling] as Positions[string]
    const seen: number[] = []
    for (let more = true; more;) {
      const { status, body } = await desk.get(path({ epoch, after: seen.at(-1) ?? 0, limit: 10 }))
      expect(status).toBe(200)
      expect(body).toMatchObject({ epoch, head: seq })
      seen.push(...body.events.map((event: { seq: number }) => event.seq))
      more = body.more
    }
    expect(seen).toEqual(Array.from({ length: seq }, (_, i) => i + 1))
    expect((await desk.get(path({ epoch, after: seq }))).body).toEqual({ events: [], epoch, head: seq, more: false })
  })

  it('410 for another epoch, and for history that is gone', async () => {
    const { epoch } = positions((await desk.get(list)).headers.get('as-of'))[scheduling] as Positions[string]
    expect(await desk.get(path({ epoch: '0'.repeat(16), after: 0 }))).toMatchObject({
      status: 410,
      body: { code: 'epoch_changed' },
    })
    await pod.sql('DELETE FROM events WHERE seq <= 3 AND channel LIKE $1', [`%${scheduling}`])
    expect(await desk.get(path({ epoch, after: 1 }))).toMatchObject({ status: 410, body: { code: 'history_trimmed' } })
    expect((await desk.get(path({ epoch, after: 3 }))).status).toBe(200)
  })

  it('[SEC] 404 for a channel that is not shown, another tenant’s or none', async () => {
    const north = await pod.signIn('frontdesk.north@lakeside.example')
    const query = '&epoch=0123456789abcdef&after=0'
    for (const channel of [
      `${lakeside.tenantId}/${scheduling}`,
      `${ids.summit.tenantId}/t/patients`,
      `${lakeside.tenantId}/t/billing`,
    ])
      expect(await north.get(`/events?channel=${channel}${query}`)).toMatchObject({
        status: 404,
        body: { code: 'unknown_channel' },
      })
    expect((await north.get(`/events?channel=nonsense${query}`)).status).toBe(400)
  })
})

describe('patients are searched', () => {
  it('by the beginning of a name in either order, or the record number; page by page', async () => {
    const all = (await desk.post('/patients/search', { limit: 100 })).body.items
    const [some] = all
    const find = async (query: string) =>
      (await desk.post('/patients/search', { query, limit: 100 })).body.items.map(({ id }: { id: string }) => id)
    for (const query of [
      some.lastName,
      some.lastName.slice(0, 3).toUpperCase(),
      `${some.firstName} ${some.lastName}`,
      `${some.lastName}, ${some.firstName}`,
      some.mrn.toLowerCase(),
      some.firstName,
    ])
      expect(await find(query), query).toContain(some.id)
    expect(await find('')).toEqual(all.map(({ id }: { id: string }) => id))
    for (const query of ['zzzz', '%', '_', '\\']) expect(await find(query), query).toEqual([])
    const paged: unknown[] = []
    for (let cursor: string | undefined; ;) {
      const { body } = await desk.post('/patients/search', { limit: 9, ...(cursor ? { cursor } : {}) })
      paged.push(...body.items)
      if (!(cursor = body.nextCursor)) break
    }
    expect(paged).toEqual(all)
  })
})

describe('[INV] identical reads at the same time', () => {
  it('cost a few computations, and each is still at least as new as its request', async () => {
    const before = (await pod.pod.api.metrics.readsShared.get()).values[0]?.value ?? 0
    const answers = await Promise.all(Array.from({ length: 60 }, () => desk.get(list)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect((await pod.pod.api.metrics.readsShared.get()).values[0]?.value).toBeGreaterThan(before + 20)
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        const { body } = await book()
        const { body: read } = await desk.get(`${list}&limit=500`)
        expect(read.items.map(({ id }: { id: string }) => id)).toContain(body.id)
      }),
    )
  })

  it('[SEC] are not shared with who may not read them', async () => {
    const north = await pod.signIn('frontdesk.north@lakeside.example')
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? desk : north).get(list)))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, (_, i) => (i % 2 ? 200 : 403)))
  })
})

describe('[SEC] the audit log', () => {
  it('has each read of patient data before its answer, and each change; in few transactions', async () => {
    const id = lakeside.patientIds[5]
    await Promise.all(Array.from({ length: 20 }, () => desk.get(`/patients/${id}`, { 'x-request-id': 'audited' })))
    const rows = await pod.sql(
      `SELECT action, actor_id, subject_id, session_id FROM audit_log WHERE request_id = 'audited'`,
    )
    expect(rows).toHaveLength(20)
    expect(rows[0]).toMatchObject({ action: 'patient.read', actor_id: desk.user.id, subject_id: id })
    const { values } = await pod.pod.api.metrics.auditBatches.get()
    const total = await pod.pod.api.metrics.auditRows.get()
    expect(values[0]?.value).toBeLessThan(total.values[0]?.value ?? 0)
    await desk.patch(`/patients/${id}`, { phone: '+1 555 0101' }, { 'if-match': '"1"', 'x-request-id': 'changed' })
    expect(await pod.sql(`SELECT action FROM audit_log WHERE request_id = 'changed'`)).toEqual([
      { action: 'patient.update' },
    ])
  })

  it('refuses the answer when it cannot be written', async () => {
    await pod.sql('ALTER TABLE audit_log RENAME TO audit_log_away')
    const answer = await desk.get(`/patients/${lakeside.patientIds[6]}`)
    await pod.sql('ALTER TABLE audit_log_away RENAME TO audit_log')
    expect(answer.status).toBe(500)
    expect(answer.text).not.toContain('mrn')
    expect((await desk.get(`/patients/${lakeside.patientIds[6]}`)).status).toBe(200)
  })
})
