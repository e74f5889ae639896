import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ROOT } from '@derm/local-servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { COMPOSE, writeComposeSettings } from './compose-settings.ts'

type Service = {
  image: string
  command?: string[]
  environment?: Record<string, string>
  volumes?: string[]
  ports?: string[]
  read_only?: boolean
  cap_drop?: string[]
}
const text = readFileSync(join(COMPOSE, 'compose.yaml'), 'utf8')
const { services, volumes } = parse(text, { merge: true }) as {
  services: Record<string, Service>
  volumes: Record<string, unknown>
}
const ours = Object.entries(services).filter(([, { image }]) => image.startsWith('dermlive/'))

/** What the configuration's page says that a program reads, and what of it has no default. */
function readReference(reader: string): { known: Set<string>; required: Set<string> } {
  const page = readFileSync(`${ROOT}/docs/operations/configuration.md`, 'utf8')
  const rows = [...page.matchAll(/^\| `([A-Z0-9_]+)`(?: 🔒)? \| ([^|]*) \|([^|]*)\| (.+) \|$/gm)]
  const isRead = (readers: string) =>
    readers.split(', ').some((one) => one === reader || (one === 'all' && !['migrate', 'seed'].includes(reader)))
  const read = rows.filter(([, , readers]) => isRead(readers!.trim()))
  const required = read.filter(([, , , value, what]) => value!.trim() === '' && !/optional|Without it/.test(what!))
  return {
    known: new Set([...read.map(([, name]) => name!), 'NODE_ENV', 'LOG_LEVEL', 'ALLOW_INSECURE', 'INSTANCE_NAME']),
    required: new Set(required.map(([, name]) => name!)),
  }
}

/** `migrate` of `[node, /app/migrate.js]`; without a command, the image's own. */
const programOf = ({ image, command }: Service) =>
  /\/(\w+)\.js$/.exec(command?.at(-1) ?? '')?.[1] ?? /dermlive\/(\w+)/.exec(image)![1]!

/** The image sets these. */
const BY_IMAGE = ['PORT', 'ADMIN_PORT', 'HOST']

describe('compose [OPS20]', () => {
  it.each(ours)('%s is given every variable that it requires, and none that nobody reads', (_, service) => {
    const { known, required } = readReference(programOf(service))
    const given = Object.keys(service.environment ?? {})
    expect(required.size).toBeGreaterThan(0)
    expect([...required].filter((name) => !given.includes(name) && !BY_IMAGE.includes(name))).toEqual([])
    expect(given.filter((name) => !known.has(name))).toEqual([])
  })

  it.each(ours)('%s cannot write to its files, and has no rights that it does not need', (_, service) => {
    expect(service.read_only).toBe(true)
    expect(service.cap_drop).toEqual(['ALL'])
  })

  it('takes every image by a version, opens its ports to this machine alone, and mounts what is there', () => {
    for (const { image, ports = [], volumes: mounts = [] } of Object.values(services)) {
      expect(image).toMatch(/:(?!latest)[^:]+$/)
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/)
      for (const [from = ''] of mounts.map((mount) => mount.split(':'))) {
        if (!from.startsWith('.')) expect(Object.keys(volumes)).toContain(from)
        else if (!from.includes('/secrets/')) expect(existsSync(resolve(COMPOSE, from)), from).toBe(true)
      }
    }
  })

  it('HAProxy and Prometheus know every process, each by its name', () => {
    const haproxy = readFileSync(join(COMPOSE, 'haproxy.cfg'), 'utf8')
    const prometheus = readFileSync(join(COMPOSE, '../observability/prometheus/prometheus.yml'), 'utf8')
    for (const [name, service] of ours) {
      if (['migrate', 'seed'].includes(programOf(service))) continue
      expect(haproxy).toContain(`server ${name} ${name}:8080`)
      expect(prometheus).toContain(`'${name}:9090'`)
    }
  })
})

describe('the secrets of compose [OPS20]', () => {
  let folder: string
  let settings: Map<string, string>
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'derm-compose-'))
    await writeComposeSettings(folder)
    const lines = readFileSync(join(folder, '.env'), 'utf8').trim().split('\n')
    settings = new Map(lines.map((line) => [line.split('=')[0]!, line.slice(line.indexOf('=') + 1)]))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('are all that the file asks for and has no default for', () => {
    const asked = [...text.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name]) => name!)
    expect(asked.filter((name) => !settings.get(name))).toEqual([])
  })

  it('are for their owner alone, and made once', async () => {
    expect((await stat(join(folder, '.env'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'secrets'))).mode & 0o777).toBe(0o700)
    const before = readFileSync(join(folder, '.env'), 'utf8')
    await writeComposeSettings(folder)
    expect(readFileSync(join(folder, '.env'), 'utf8')).toBe(before)
  })
})
