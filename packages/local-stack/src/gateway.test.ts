import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
  gateway = await startGateway({ port: 0, dist: join(folder, 'dist'), apis: [], nodes: [] })
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
        'content-type': 'text/javascript',
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

  it.each(['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets/..%5c..%5c..%5csecret.txt', '/a%00b'])(
    '[SEC] nothing outside of the built files is to be had: %s',
    async (path) => {
      const { status, body } = await get(path)
      expect([status, body]).toEqual([404, '<p>the page</p>'])
    },
  )

  it('[SEC] a range that ends before it begins does not end the process', async () => {
    expect(await get('/icon.svg', { range: 'bytes=3-1' })).toMatchObject({ status: 200, body: '<svg/>' })
  })

  it('says when no API pod is ready', async () => {
    expect(await get('/api/v1/locations')).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
  })
})
