import { readFile, readdir } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { ROOT } from '@derm/local-servers'
import { beforeAll, describe, expect, it } from 'vitest'

/** The most lines of a source file. Tables of data, and suites that several stores pass, may be longer. */
const MAX_LINES = 300
const TABLES = ['packages/contract/src/wire/down-shapes.ts', 'packages/core/src/event-log/event-log-suite.ts']
const MAX_MEDIAN = 80

const SKIPPED = new Set(['node_modules', 'generated', 'dist'])
const isKit = (path: string) =>
  /\.test(-d)?\.tsx?$|\/testing\/|\/test-[^/]*\.tsx?$|\/fuzz\/|^packages\/(test-kit|bench)\//.test(path)

type Source = { path: string; lines: number; imports: string[] }
const sources = new Map<string, Source>()

/**
 * The room that a file is in: its folder. A file at the top of a package's `src` is a room of its own, because there lie side by side what every folder
 * stands on and what puts the folders together.
 */
const roomOf = (path: string) => (basename(dirname(path)) === 'src' ? path : dirname(path))

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const found = await Promise.all(
    entries
      .filter(({ name }) => !SKIPPED.has(name))
      .map(async (entry) => {
        const path = join(folder, entry.name)
        return entry.isDirectory() ? listFiles(path) : /\.tsx?$/.test(entry.name) ? [path] : []
      }),
  )
  return found.flat()
}

beforeAll(async () => {
  for (const group of ['packages', 'services'])
    for (const name of await readdir(join(ROOT, group)))
      for (const file of await listFiles(join(ROOT, group, name, 'src')).catch(() => [])) {
        const path = relative(ROOT, file)
        if (isKit(path)) continue
        const text = await readFile(file, 'utf8')
        const imports = [...text.matchAll(/(?:from|import) '(\.[^']+)'/g)].map(([, to]) =>
          relative(ROOT, resolve(dirname(file), to as string)),
        )
        sources.set(path, { path, lines: text.split('\n').length - 1, imports })
      }
  expect(sources.size).toBeGreaterThan(300)
})

describe('rooms', () => {
  it('no two folders import each other', () => {
    const ways = new Map<string, string>()
    for (const { path, imports } of sources.values())
      for (const to of imports) if (roomOf(path) !== roomOf(to)) ways.set(`${roomOf(path)} → ${roomOf(to)}`, path)
    const both = [...ways.keys()].filter((way) => ways.has(way.split(' → ').reverse().join(' → ')))
    expect(both.map((way) => `${way} in ${ways.get(way)}`)).toEqual([])
  })

  it('no files import each other in a circle', () => {
    const done = new Set<string>()
    const open: string[] = []
    const circles: string[] = []
    const visit = (path: string): void => {
      if (done.has(path) || !sources.has(path)) return
      if (open.includes(path)) return void circles.push([...open.slice(open.indexOf(path)), path].join(' → '))
      open.push(path)
      for (const to of sources.get(path)!.imports) visit(to)
      open.pop()
      done.add(path)
    }
    for (const path of sources.keys()) visit(path)
    expect(circles).toEqual([])
  })
})

describe('sizes', () => {
  it('no file is long, and most are short', () => {
    const files = [...sources.values()].filter(({ path }) => !TABLES.includes(path))
    expect(files.filter(({ lines }) => lines > MAX_LINES).map(({ path, lines }) => `${path}: ${lines} lines`)).toEqual(
      [],
    )
    const lengths = files.map(({ lines }) => lines).sort((a, b) => a - b)
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(MAX_MEDIAN)
  })
})
