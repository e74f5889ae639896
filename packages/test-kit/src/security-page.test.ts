import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ROOT } from '@derm/local-servers'
import { describe, expect, it } from 'vitest'
import { listSourceFiles } from './list-source-files.ts'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const PAGE = read('docs/security.md')
const FILES = listSourceFiles(ROOT)
const [, TABLES = ''] = PAGE.split('## OWASP ASVS')
const quoted = (text: string) => [...text.matchAll(/`([^`\n]+)`/g)].map(([, name]) => name!)

/** The requirements of levels 1 and 2 in ASVS 5.0.0: the section, and the numbers in it, which run from 1 but for those of level 3. */
const SECTIONS =
  '1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1 4.3:2 4.4:4 5.1:1 5.2:3 5.3:2 ' +
  '5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 ' +
  '10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 ' +
  '13.3:2 13.4:5 14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3 17.1:1 17.2:4 17.3:2'
const REQUIREMENTS = SECTIONS.split(' ').flatMap((entry) => {
  const [section, count] = entry.split(':')
  return Array.from({ length: Number(count) }, (_, i) => `V${section}.${i + 1}`)
})
const STATES = ['holds', 'partly', 'absent', 'not applicable'] as const

const rows = [...TABLES.matchAll(/^\| (V[\d., V]+) \| ([^|]+) \| ([^|]+) \| ([^|]*)\|$/gm)].map(
  ([, names, words, state, where]) => ({
    covers: names!.split(', ').map((name) => REQUIREMENTS.filter((one) => `${one}.`.startsWith(`${name}.`))),
    name: names!,
    words: words!,
    state: state!,
    where: where!,
  }),
)

describe('[DOC3] docs/security.md', () => {
  it('has each requirement of levels 1 and 2 once, and no other', () => {
    expect(REQUIREMENTS).toHaveLength(253)
    const covered = rows.flatMap(({ covers }) => covers.flat())
    expect(REQUIREMENTS.filter((one) => !covered.includes(one))).toEqual([])
    expect(covered.filter((one, i) => covered.indexOf(one) !== i)).toEqual([])
    expect(rows.filter(({ covers }) => covers.some((one) => one.length === 0)).map(({ name }) => name)).toEqual([])
    expect(TABLES.match(/^\| V/gm)).toHaveLength(rows.length)
  })

  it('says one of four things of each, and counts them', () => {
    expect(rows.filter(({ state }) => !STATES.some((one) => one === state)).map(({ name }) => name)).toEqual([])
    const count = (state: string) =>
      rows.filter((row) => row.state === state).reduce((sum, { covers }) => sum + covers.flat().length, 0)
    const summary = STATES.map((state) => `${count(state)} ${state}`).join(', ')
    expect(PAGE).toContain(`Of ${REQUIREMENTS.length} requirements: ${summary}.`)
  })

  it('says how each that holds is tried, or that it is not; and of each that holds in part, what is missing', () => {
    const isTried = (where: string) => /`[\w-]+(\.[\w-]+)*\.tsx?`|\[[A-Z]{3}\d+\]|\babove\b|\bno test\b/.test(where)
    expect(rows.filter(({ state, where }) => state === 'holds' && !isTried(where)).map(({ name }) => name)).toEqual([])
    expect(rows.filter(({ state, where }) => state === 'partly' && !where.trim()).map(({ name }) => name)).toEqual([])
  })

  it('names tests and files that are there', () => {
    const names = quoted(PAGE).filter((name) => /\.(tsx?|md|json)$/.test(name))
    expect(names.length).toBeGreaterThan(100)
    const known = new Set(FILES.map((path) => basename(path)))
    const isThere = (name: string) =>
      name.includes('/') || name.endsWith('.json') ? existsSync(join(ROOT, name)) : known.has(name)
    expect([...new Set(names)].filter((name) => !isThere(name))).toEqual([])
  })

  it('names rules that are there', () => {
    const spec = read('packages/core/SPEC.md')
    const rules = [...PAGE.matchAll(/\[([A-Z]{3}\d+)\]/g)].map(([, rule]) => rule!)
    expect(rules.length).toBeGreaterThan(50)
    expect([...new Set(rules)].filter((rule) => !spec.includes(`- **[${rule}]**`))).toEqual([])
  })

  it('names metrics, variables, roles of the database and scripts that are there', () => {
    const sources = FILES.filter((path) => /^(packages|services)\/.*\.tsx?$/.test(path) && !/\.test\./.test(path))
    const code = sources.map(read).join('\n')
    const metrics = quoted(PAGE).filter((name) => /^derm_\w+_(total|seconds)$|^derm_lagging$/.test(name))
    expect(metrics.length).toBeGreaterThan(10)
    expect(metrics.filter((name) => !code.includes(`name: '${name.slice('derm_'.length)}'`))).toEqual([])
    const variables = quoted(PAGE).filter((name) => /^[A-Z]+(_[A-Z]+)+$/.test(name))
    const listed = read('docs/operations/configuration.md')
    expect(variables.filter((name) => !listed.includes(`| \`${name}\``) && !code.includes(`'${name}'`))).toEqual([])
    const roles = quoted(PAGE).filter((name) => /^derm_(api|relay|jobs|realtime|owner)$/.test(name))
    expect(roles.filter((name) => !code.includes(`'${name}'`))).toEqual([])
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const runs = [...PAGE.matchAll(/`npm (?:run )?([a-z-]+)[^`]*`/g)].map(([, name]) => name!)
    expect(runs.filter((name) => !(name in scripts) && !['sbom', 'audit'].includes(name))).toEqual([])
  })
})
