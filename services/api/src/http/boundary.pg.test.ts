import { connect } from 'node:net'
import { beforeAll, describe, expect, it } from 'vitest'
import { ERRORS } from '@derm/contract'
import { ORIGIN, ids, useTestPod, type Answer, type SignedIn } from '../testing/test-pod.ts'

const pod = useTestPod()
let desk: SignedIn
beforeAll(async () => {
  desk = await pod.signIn('frontdesk@lakeside.example')
})

function expectProblem({ status, headers, body }: Answer, code: keyof typeof ERRORS): void {
  expect(body).toMatchObject({ code, status, title: ERRORS[code].title, type: `/api/docs/errors#${code}` })
  expect(status).toBe(ERRORS[code].status)
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
  expect(headers.get('cache-control')).toBe('no-store')
}

describe('every refusal is a problem of the catalogue', () => {
  it('unknown paths, also outside the prefix', async () => {
    for (const path of [
      '/nothing',
      '//api/nothing',
      '//',
      '//api/v1/../secret',
      '/appointments/not-an-id',
      '//api/v1/%ff',
    ])
      expectProblem(
        await desk.get(path),
        path.includes('%ff') && (await desk.get(path)).status === 400 ? 'validation_failed' : 'not_found',
      )
  })
  it('methods that a path does not have', async () => {
    const answer = await desk.request('DELETE', '/appointments')
    expectProblem(answer, 'method_not_allowed')
    expect(answer.headers.get('allow')).toBe('GET, POST')
  })
  it('bodies that are no JSON, no JSON type, too large, of a wrong form', async () => {
    const post = (body: string, headers: Record<string, string> = {}) =>
      desk.request('POST', '/patients/search', { body, headers })
    expectProblem(await post('{"query": "Priv'), 'malformed_json')
    expectProblem(await post('"text"'), 'validation_failed')
    expectProblem(await post('null'), 'validation_failed')
    expectProblem(await post('{"query":"a"}', { 'content-type': 'text/plain' }), 'unsupported_media_type')
    expectProblem(
      await post('{"query":"a"}', { 'content-type': 'application/json; charset=x' }),
      'unsupported_media_type',
    )
    expectProblem(await post('{"query":"a"}', { 'content-encoding': 'what' }), 'unsupported_media_type')
    expectProblem(await post(JSON.stringify({ query: 'x'.repeat(70_000) })), 'payload_too_large')
    const wrong = await post('{"query": 7, "limit": 1000, "__proto__": {"admin": true}}')
    expectProblem(wrong, 'validation_failed')
    expect(wrong.body.errors.map(({ path }: { path: string }) => path)).toEqual(
      expect.arrayContaining(['query', 'limit']),
    )
  })
  it('moments that no calendar holds', async () => {
    const { lakeside } = ids
    for (const year of ['0000', '0001', '1898', '2200', '9999'])
      expectProblem(
        await desk.request('POST', '/appointments', {
          body: {
            locationId: lakeside.locations['downtown']!.id,
            providerId: lakeside.locations['downtown']!.providerIds[0],
            patientId: lakeside.patientIds[0],
            type: 'skin_check',
            startsAt: `${year}-12-31T23:00:00-10:00`,
            endsAt: `${year}-12-31T23:30:00-10:00`,
          },
        }),
        'validation_failed',
      )
  })
  it('queries with unknown or repeated names', async () => {
    expectProblem(await desk.get('/locations?surprise=1'), 'validation_failed')
    expectProblem(await desk.get('/locations?limit=1&limit=2'), 'validation_failed')
    expectProblem(await desk.get('/locations?limit=0'), 'validation_failed')
  })
  it('never echoes what was sent, nor what a database said', async () => {
    const { text } = await desk.post('/auth/login', { email: 'Private Person', password: 'secret' })
    expect(text).not.toMatch(/Private|secret/)
    const id = ids.lakeside.patientIds[0]
    const broken = await desk.patch(`/patients/${id}`, { firstName: 'Nul\u0000byte' }, { 'if-match': '"1"' })
    expect(broken.status).toBe(400)
    expect(broken.text).not.toMatch(/byte|prisma|postgres/i)
  })
  it('a connection that speaks no HTTP ends, and the pod lives', async () => {
    const socket = connect(pod.pod.ports().port, '127.0.0.1')
    socket.on('error', () => {}).resume()
    socket.write('\x00\x01 nonsense\r\n\r\n')
    await new Promise((resolve) => socket.once('close', resolve))
    expect((await desk.get('/auth/me')).status).toBe(200)
  })
})

describe('[SEC] headers', () => {
  it('name the request, and allow nothing', async () => {
    const { headers } = await desk.get('/auth/me', { 'x-request-id': 'mine-1' })
    expect(headers.get('x-request-id')).toBe('mine-1')
    expect(headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('strict-transport-security')).toContain('max-age=31536000')
    expect(headers.get('x-powered-by')).toBeNull()
    expect((await desk.get('/auth/me', { 'x-request-id': '<script>' })).headers.get('x-request-id')).not.toContain('<')
  })
  it('CORS: exactly the listed origins, with the headers that a client needs', async () => {
    const { headers } = await desk.get('/auth/me', { origin: ORIGIN })
    expect(headers.get('access-control-allow-origin')).toBe(ORIGIN)
    for (const name of ['As-Of', 'Published', 'ETag', 'Retry-After'])
      expect(headers.get('access-control-expose-headers')).toContain(name)
    for (const origin of ['https://evil.example', `${ORIGIN}.evil.example`, 'null', 'http://app.example'])
      expect((await desk.get('/auth/me', { origin })).headers.get('access-control-allow-origin')).toBeNull()
    const preflight = await pod.nobody.request('OPTIONS', '/appointments', {
      headers: { origin: ORIGIN, 'access-control-request-method': 'POST' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Idempotency-Key')
  })
})

describe('pages', () => {
  it('docs are served by us alone, and errors have an anchor each', async () => {
    const docs = await pod.nobody.get('//api/docs')
    expect(docs.status).toBe(200)
    for (const [, path] of docs.text.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const file = await fetch(pod.url + path)
      expect([path, file.status]).toEqual([path, 200])
      await file.body?.cancel()
    }
    expect(docs.headers.get('content-security-policy')).toContain("script-src 'self'")
    const errors = await pod.nobody.get('//api/docs/errors')
    for (const code of Object.keys(ERRORS)) expect(errors.text).toContain(`id="${code}"`)
  })
  it('metrics and probes are on the admin port, without anything about anybody', async () => {
    const admin = `http://127.0.0.1:${pod.pod.ports().adminPort}`
    const text = await (await fetch(`${admin}/metrics`)).text()
    expect(text).toContain('derm_http_request_seconds_bucket')
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}/)
    expect((await pod.nobody.get('//metrics')).status).toBe(404)
  })
})
