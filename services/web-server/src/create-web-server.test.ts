import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SECURITY_HEADERS } from '@derm/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'
import { createWebServer, type WebServer } from './create-web-server.ts'

let folder: string
let web: WebServer
let isReady = true
const url = (path: string) => `http://127.0.0.1:${web.ports().port}${path}`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'derm-web-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<script src="./assets/main-abc.js"></script>')
  await writeFile(join(folder, 'pages.json'), JSON.stringify(['/', '/schedule']))
  await writeFile(join(folder, 'assets/main-abc.js'), 'export {}')
  web = createWebServer(
    readConfig({
      PORT: '0',
      ADMIN_PORT: '0',
      PUBLIC_ORIGINS: 'https://app.example',
      WEB_FOLDER: folder,
      BASE_PATH: '/practice',
      DRAIN_DELAY_MS: '0',
    }),
    { isReady: () => isReady },
  )
  for (const step of web.steps) await step.start?.()
})
afterAll(async () => {
  for (const step of web.steps) await step.stop?.()
  await rm(folder, { recursive: true, force: true })
})

describe('the server of the web client [OPS17]', () => {
  it('sends every answer with the security headers, and over https with HSTS', async () => {
    for (const path of ['/practice/schedule', '/practice/assets/main-abc.js', '/practice/nothing']) {
      const { headers } = await fetch(url(path))
      expect(Object.fromEntries(headers)).toMatchObject(SECURITY_HEADERS)
      expect(headers.get('content-security-policy')).toContain("connect-src 'self' wss://app.example")
      expect(headers.get('strict-transport-security')).toMatch(/max-age=\d+/)
    }
  })

  it('lets files with a hash in their name be kept for ever, and pages be asked for each time', async () => {
    const file = await fetch(url('/practice/assets/main-abc.js'))
    expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    const page = await fetch(url('/practice/schedule'))
    expect(page.headers.get('cache-control')).toBe('no-cache')
    expect(await page.text()).toContain('src="/practice/assets/main-abc.js"')
    expect((await fetch(url('/practice/assets/other.js'))).status).toBe(404)
  })

  it('asks for no Redis and no Postgres, and says on its admin port whether it is ready', async () => {
    const readyz = `http://127.0.0.1:${web.ports().adminPort}/readyz`
    expect((await fetch(readyz)).status).toBe(200)
    isReady = false
    expect((await fetch(readyz)).status).toBe(503)
  })

  it('ends its drain although a browser keeps its connection', async () => {
    await (await fetch(url('/practice/schedule'))).text()
    for (const step of web.steps) await step.drain?.()
    await expect(fetch(url('/practice/schedule'))).rejects.toThrow()
  })
})
