import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SECURITY_HEADERS } from '@derm/runtime'
import { startGateway } from './gateway.ts'

let folder: string
let gateway: Awaited<ReturnType<typeof startGateway>>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'derm-gateway-'))
  await mkdir(join(folder, 'dist/assets'), { recursive: true })
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await writeFile(join(folder, 'dist/index.html'), '<p>the page</p>')
  await writeFile(join(folder, 'dist/pages.json'), JSON.stringify(['/', '/schedule', '/patients', '/patients/$id']))
  await writeFile(join(folder, 'dist/assets/main-abc.js'), 'export {}')
  await writeFile(join(folder, 'dist/icon.svg'), '<svg/>')
  await writeFile(join(folder, 'dist/.env'), 'secret')
  await mkdir(join(folder, 'dist/.git'))
  await writeFile(join(folder, 'dist/.git/config'), 'secret')
  // A sibling whose name begins like ours, and links that lead out of the folder.
  await mkdir(join(folder, 'dist2'))
  await writeFile(join(folder, 'dist2/x.txt'), 'secret')
  await symlink(join(folder, 'secret.txt'), join(folder, 'dist/link.txt'))
  await symlink(join(folder, 'dist2'), join(folder, 'dist/assets/folder'))
  await symlink(join(folder, 'dist/icon.svg'), join(folder, 'dist/assets/inside.svg'))
  gateway = await startGateway({
    port: 0,
    dist: join(folder, 'dist'),
    apis: [],
    nodes: [],
    origins: ['https://app.example'],
  })
})
afterAll(async () => {
  await gateway.stop()
  await rm(folder, { recursive: true })
})

const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

/** Sends the path as it stands; `fetch` would take `..` out of it. */
function get(path: string, headers: Record<string, string> = HTML, method = 'GET') {
  return new Promise<{ status: number; body: string; headers: Record<string, unknown> }>((resolve, reject) => {
    request({ host: '127.0.0.1', port: gateway.port, path, headers, method }, (answer) => {
      let body = ''
      answer.on('data', (data: Buffer) => (body += data.toString()))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body, headers: answer.headers }))
    })
      .on('error', reject)
      .end()
  })
}

describe('the front door', () => {
  it.each(['/', '/schedule', '/schedule/', '/schedule?date=2026-01-01', '/patients', '/patients/7'])(
    'answers the client’s own path %s with the page',
    async (path) => {
      expect(await get(path)).toMatchObject({
        status: 200,
        body: '<p>the page</p>',
        headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' },
      })
    },
  )

  it.each(['/nothing', '/schedule/nothing', '/patients/7/nothing', '/patients//', '/Schedule', '/assets', '/%', '//'])(
    'answers the unknown path %s with 404, and a browser with the page that says so',
    async (path) => {
      expect(await get(path)).toMatchObject({ status: 404, body: '<p>the page</p>' })
      expect(await get(path, { accept: '*/*' })).toMatchObject({ status: 404, body: '' })
    },
  )

  it('serves files with their types, for ever where the name holds a hash, and an unchanged one with 304', async () => {
    expect(await get('/assets/main-abc.js', {})).toMatchObject({
      status: 200,
      body: 'export {}',
      headers: {
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringContaining("default-src 'self'"),
      },
    })
    const icon = await get('/icon.svg', {})
    expect(icon).toMatchObject({
      status: 200,
      headers: { 'content-type': 'image/svg+xml', 'cache-control': 'no-cache' },
    })
    expect((await get('/icon.svg', { 'if-none-match': icon.headers['etag'] as string })).status).toBe(304)
    expect(await get('/assets/gone.js', {})).toMatchObject({ status: 404, body: '' })
    expect(await get('/icon.svg', {}, 'HEAD')).toMatchObject({ status: 200, body: '' })
    expect((await get('/', HTML, 'POST')).status).toBe(405)
  })

  it.each([
    ...['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets/..%5c..%5c..%5csecret.txt', '/a%00b'],
    ...[
      '/../dist2/x.txt',
      '/..%2Fdist2/x.txt',
      '/%2e%2e%2fdist2%2fx.txt',
      '/assets/../../dist2/x.txt',
      '/..\\dist2\\x.txt',
    ],
    ...['/%252e%252e/secret.txt', '/%c0%ae%c0%ae/secret.txt', '/....//secret.txt', '//secret.txt', '/.%2e/dist2/x.txt'],
    ...[
      '/.env',
      '/%2eenv',
      '/.git/config',
      '/assets/../.env',
      '/link.txt',
      '/assets/folder/x.txt',
      '/icon.svg%00.html',
    ],
  ])('[OPS10] nothing outside of the built files is to be had, and nothing hidden: %s', async (path) => {
    const { status, body } = await get(path)
    expect([status, body]).toEqual([404, '<p>the page</p>'])
  })

  it('[OPS10] a link that stays inside is a file as others', async () => {
    expect(await get('/assets/inside.svg', {})).toMatchObject({ status: 200, body: '<svg/>' })
  })

  it('[OPS5] every answer has the security headers, and sockets go by name to where the page comes from', async () => {
    for (const [path, method] of [['/'], ['/nothing'], ['/icon.svg'], ['/', 'POST'], ['/api/v1/locations']] as const) {
      const { headers } = await get(path, HTML, method)
      for (const name of [...Object.keys(SECURITY_HEADERS), 'content-security-policy'])
        expect([path, name, headers[name]]).toEqual([path, name, expect.any(String)])
    }
    const { headers } = await get('/')
    expect(headers['content-security-policy']).toContain("connect-src 'self' wss://app.example;")
    expect(headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains')
    expect((await get('/icon.svg')).headers['strict-transport-security']).toBeDefined()
  })

  it('[OPS8] a body that announces too much is refused before anything is asked', async () => {
    for (const path of ['/api/v1/patients/search', '/', '/realtime/'])
      expect((await get(path, { 'content-length': '5000000000' }, 'POST')).status).toBe(413)
  })

  it('[SEC] a range that ends before it begins does not end the process', async () => {
    expect(await get('/icon.svg', { range: 'bytes=3-1' })).toMatchObject({ status: 200, body: '<svg/>' })
  })

  it('says when no API pod is ready', async () => {
    expect(await get('/api/v1/locations')).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
  })
})
