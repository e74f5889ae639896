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
  const schema = /(?:z\.object|BaseConfig\.extend)\(\{[\s\S]*?\n\}\)/
  const base = variablesOf('packages/runtime/src/config.ts', schema)
  const api = variablesOf('services/api/src/config.ts', schema)
  const realtime = variablesOf('services/realtime/src/config.ts', schema)
  const declared = new Map<string, string>()
  for (const [name, value] of base) declared.set(name, `all|${value}`)
  for (const name of new Set([...api.keys(), ...realtime.keys()])) {
    const readers = [...(api.has(name) ? ['api'] : []), ...(realtime.has(name) ? ['realtime'] : [])].join(', ')
    declared.set(name, `${readers}|${api.get(name) ?? realtime.get(name)}`)
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
    'docs/operations/redis-and-postgres.md',
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
