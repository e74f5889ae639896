import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { beforeAll, describe, expect, it } from 'vitest'
import { ERRORS } from '@derm/contract'
import { SECURITY_HEADERS } from '@derm/runtime'
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
  it('[SEC] TRACE, which would repeat what was sent: on a path of ours, and on none', async () => {
    for (const path of ['/api/v1/appointments', '/']) {
      const trace = request(`${pod.url}${path}`, { method: 'TRACE', headers: { cookie: 'secret=1' } }).end()
      const [answer] = (await once(trace, 'response')) as [IncomingMessage]
      const text = Buffer.concat(await answer.toArray()).toString()
      expect([404, 405]).toContain(answer.statusCode)
      expect(text).not.toContain('secret')
    }
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
    for (const encoding of ['what', 'gzip', 'br'])
      expectProblem(await post('{"query":"a"}', { 'content-encoding': encoding }), 'unsupported_media_type')
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

describe('[OPS8] a body that is too large', () => {
  const CHUNK = Buffer.alloc(65_536, 'x')
  /** Sends as fast as it can, until the connection ends. */
  async function flood(head: string, toChunk: (chunk: Buffer) => Buffer | string) {
    const socket = connect(pod.pod.ports().port, '127.0.0.1')
    let answer = ''
    let sent = 0
    socket.on('error', () => {}).on('data', (data) => (answer += data.toString()))
    const send = () => {
      const chunk = toChunk(CHUNK)
      do sent += chunk.length
      while (!socket.destroyed && socket.writable && socket.write(chunk))
    }
    socket.on('drain', send)
    socket.write(
      `POST /api/v1/patients/search HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${desk.accessToken}\r\ncontent-type: application/json\r\n${head}\r\n\r\n`,
    )
    send()
    await new Promise((resolve) => socket.once('close', resolve))
    return { answer, sent }
  }

  it.each<[string, string, (chunk: Buffer) => Buffer | string]>([
    ['that announces five gigabytes', 'content-length: 5000000000', (chunk) => chunk],
    [
      'without an announced length',
      'transfer-encoding: chunked',
      (chunk) => `${chunk.length.toString(16)}\r\n${chunk.toString()}\r\n`,
    ],
  ])('%s is refused at once, and not read', async (_name, head, toChunk) => {
    const { answer, sent } = await flood(head, toChunk)
    expect(answer).toMatch(/^HTTP\/1.1 413 /)
    expect(answer).toContain('"code":"payload_too_large"')
    // What the kernels on both sides hold; of the rest nothing is taken.
    expect(sent).toBeLessThan(20_000_000)
    expect((await desk.get('/auth/me')).status).toBe(200)
  })
})

describe('[SEC] headers', () => {
  it('name the request, and allow nothing', async () => {
    const { headers } = await desk.get('/auth/me', { 'x-request-id': 'mine-1' })
    expect(headers.get('x-request-id')).toBe('mine-1')
    expect(headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('permissions-policy')).toContain('camera=()')
    expect(headers.get('strict-transport-security')).toContain('max-age=31536000')
    expect(headers.get('x-powered-by')).toBeNull()
    for (const path of ['/nothing', '//api/docs', '//api/openapi.json', '//.well-known/jwks.json'])
      for (const name of Object.keys(SECURITY_HEADERS))
        expect((await pod.nobody.get(path)).headers.get(name), path).not.toBeNull()
    expect((await desk.get('/auth/me', { 'x-request-id': '<script>' })).headers.get('x-request-id')).not.toContain('<')
  })
  describe('CORS', () => {
    const listOf = (headers: Headers, name: string) => headers.get(name)?.split(/,\s*/)
    const preflight = (origin: string) =>
      pod.nobody.request('OPTIONS', '/appointments', { headers: { origin, 'access-control-request-method': 'POST' } })

    it('lets a listed origin read every header that a client needs, with its cookies', async () => {
      const { headers } = await desk.get('/auth/me', { origin: ORIGIN })
      expect(headers.get('access-control-allow-origin')).toBe(ORIGIN)
      expect(headers.get('access-control-allow-credentials')).toBe('true')
      expect(listOf(headers, 'access-control-expose-headers')).toEqual([
        ...['As-Of', 'Published', 'ETag', 'Location', 'Retry-After', 'Idempotent-Replayed', 'X-Request-Id'],
        'WWW-Authenticate',
      ])
      expect(listOf(headers, 'vary')).toContain('Origin')
    })
    it('lets no other origin, and says so to every cache', async () => {
      for (const origin of ['https://evil.example', `${ORIGIN}.evil.example`, 'null', '*', 'http://app.example']) {
        for (const { headers } of [await desk.get('/auth/me', { origin }), await preflight(origin)]) {
          expect(headers.get('access-control-allow-origin')).toBeNull()
          expect(listOf(headers, 'vary')).toContain('Origin')
        }
      }
      expect((await desk.get('/auth/me')).headers.get('access-control-allow-origin')).toBeNull()
    })
    it('answers a preflight with the methods and headers of the interface', async () => {
      const { status, headers } = await preflight(ORIGIN)
      expect(status).toBe(204)
      expect(headers.get('access-control-allow-origin')).toBe(ORIGIN)
      expect(listOf(headers, 'access-control-allow-methods')).toEqual(['GET', 'POST', 'PATCH'])
      expect(listOf(headers, 'access-control-allow-headers')).toEqual(
        expect.arrayContaining(['Authorization', 'If-Match', 'If-None-Match', 'Idempotency-Key', 'Min-As-Of']),
      )
      expect(headers.get('access-control-max-age')).toBe('600')
    })
    it('leaves an OPTIONS that is no preflight to its route', async () => {
      const options = await pod.nobody.request('OPTIONS', '/appointments', { headers: { origin: ORIGIN } })
      expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, POST'])
      expectProblem(await pod.nobody.request('OPTIONS', '/nothing'), 'not_found')
    })
  })
})
