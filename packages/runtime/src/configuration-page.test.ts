import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

/** Name and default of each variable that a schema's source declares. */
function variablesOf(path: string, isOfSchema: RegExp): Map<string, string> {
  const source = read(path)
  const schema = isOfSchema.exec(source)![0]
  const declarations = schema.split(/\n {2}(?=[A-Z][A-Z0-9_]+: )/).slice(1)
  return new Map(
    declarations.map((text) => [
      /^[A-Z0-9_]+/.exec(text)![0],
      /\.default\(((?:\[.*?\]|[^)])*)\)/.exec(text)?.[1] ?? '',
    ]),
  )
}

it('docs/operations/configuration.md lists exactly what the services read', () => {
  const schema = /(?:z\.object|BaseConfig\.extend|\}\)\.extend)\(\{[\s\S]*?\n\}\)/
  const base = variablesOf('packages/runtime/src/config.ts', schema)
  const web = variablesOf('services/web-server/src/config.ts', schema)
  const commands = 'services/api/src/commands/config.ts'
  const all = variablesOf(commands, schema)
  const readers: Record<string, Map<string, string>> = {
    api: variablesOf('services/api/src/config.ts', schema),
    realtime: variablesOf('services/realtime/src/config.ts', schema),
    web,
    migrate: new Map([...all, ...variablesOf(commands, /const MigrateConfig = [\s\S]*?\n\}\)/)]),
    seed: new Map([...all, ...variablesOf(commands, /const SeedConfig = [\s\S]*?\n\}\)/)]),
  }
  // The server of the web client takes these of the base and no others; commands say of the base what they take in their own page.
  const picked = [...read('services/web-server/src/config.ts').matchAll(/^ {2}([A-Z_]+): true,/gm)].map(
    ([, name]) => name!,
  )
  const declared = new Map<string, string>()
  for (const [name, value] of base) declared.set(name, `${picked.includes(name) ? 'all' : 'api, realtime'}|${value}`)
  for (const name of new Set(Object.values(readers).flatMap((variables) => [...variables.keys()]))) {
    const who = Object.keys(readers).filter((reader) => readers[reader]!.has(name))
    declared.set(name, `${who.join(', ')}|${readers[who[0]!]!.get(name)}`)
  }
  expect(declared.size).toBeGreaterThan(30)

  const table = /<!-- configuration: begin -->([\s\S]*)<!-- configuration: end -->/.exec(
    read('docs/operations/configuration.md'),
  )![1]!
  const listed = new Map(
    [...table.matchAll(/^\| `([A-Z0-9_]+)`(?: 🔒)? \| ([^|]*) \|([^|]*)\| .+ \|$/gm)].map(
      ([, name, readers, value]) => [name!, `${readers!.trim()}|${value!.trim().replaceAll('`', '')}`],
    ),
  )
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(declared))
})

it('no link between the pages leads nowhere', () => {
  const pages = [
    'README.md',
    'docs/architecture.md',
    'docs/protocol.md',
    'docs/quick-start.md',
    'docs/integration.md',
    'docs/benchmarks.md',
    'docs/security.md',
    'docs/operations/configuration.md',
    'docs/operations/deploy.md',
    'docs/operations/kubernetes.md',
    'k8s/README.md',
    'docs/operations/redis-and-postgres.md',
    'docs/operations/runbook.md',
    'docs/operations/capacity.md',
    'docs/operations/tracing.md',
    'docs/decisions/README.md',
    'packages/core/SPEC.md',
  ]
  const broken = pages.flatMap((page) => {
    const links = [...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, link]) => link!)
      .filter((link) => !/^[a-z]+:/.test(link))
    return links.flatMap((link) => {
      try {
        readFileSync(new URL(link, new URL(`../../../${page}`, import.meta.url)))
        return []
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'EISDIR' ? [] : [`${page} → ${link}`]
      }
    })
  })
  expect(broken).toEqual([])
})
