import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '@derm/local-servers'
import { describe, expect, it } from 'vitest'
import { listSourceFiles } from './list-source-files.ts'
import { namesInCode, namesInText } from './words-in-source.ts'

const PAGE = readFileSync(join(ROOT, 'docs/glossary.md'), 'utf8')
const [words = '', retired = ''] = PAGE.split('## Retired words')
const rowsOf = (section: string, columns: number) =>
  section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
    .filter((cells, i) => i > 0 && cells.length === columns && cells[0] !== 'word')
const quoted = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!)

describe('the glossary', () => {
  const rows = rowsOf(words, 3)

  it('defines each word once', () => {
    const names = rows.map(([word]) => word)
    expect(names.length).toBeGreaterThan(50)
    expect(names).toEqual([...new Set(names)])
  })

  it.each(rows)('%s: what the code calls it is there', (_word, _meaning, code = '') => {
    const [name, path, ...more] = quoted(code)
    expect([name, path, more]).toEqual([expect.any(String), expect.any(String), []])
    expect(existsSync(join(ROOT, path!)), path).toBe(true)
    expect(readFileSync(join(ROOT, path!), 'utf8')).toMatch(new RegExp(`\\b${name}\\b`))
  })
})

describe('a retired word stays out', () => {
  const files = listSourceFiles(ROOT)
  const rules = rowsOf(retired, 4)
  const isUnder = (file: string, places: readonly string[]) =>
    places.some((place) => file === place || file.startsWith(`${place}/`))

  it('as each row of the table says', () => {
    expect(rules).toHaveLength(retired.split('\n').filter((line) => line.startsWith('| ')).length - 2)
  })

  it.each(rules)('%s (say: %s)', (cell, _instead, where = '', except = '') => {
    // In backticks a whole name, else a part of names.
    const names = new Set(quoted(cell))
    const parts = new Set(cell.replaceAll(/`[^`]+`/g, '').split(/[, ]+/))
    const [places, exceptions] = [quoted(where), quoted(except)]
    expect(places.length).toBeGreaterThan(0)
    const found = files
      .filter((file) => isUnder(file, places) && !isUnder(file, exceptions))
      .filter((file) => !file.endsWith('.md') || places.includes(file))
      .flatMap((file) => {
        const text = readFileSync(join(ROOT, file), 'utf8')
        const uses = file.endsWith('.md') ? namesInText(text) : namesInCode(text)
        return uses
          .filter(({ name, words }) => names.has(name) || words.some((word) => parts.has(word)))
          .map(({ name, line }) => `${file}:${line} ${name}`)
      })
    expect(found).toEqual([])
  })
})

describe('the names in a source', () => {
  it('have their parts, and are not those of comments and texts', () => {
    const code = ['// a hole', 'const isFeedLate = `hole ${shardOf(1)}`', "log.warn('kick') /* lot */"].join('\n')
    expect(namesInCode(code)).toEqual([
      { name: 'const', words: ['const'], line: 2 },
      { name: 'isFeedLate', words: ['is', 'feed', 'late'], line: 2 },
      { name: 'shardOf', words: ['shard', 'of'], line: 2 },
      { name: 'log', words: ['log'], line: 3 },
      { name: 'warn', words: ['warn'], line: 3 },
    ])
  })

  it('are not those of the language', () => {
    expect(namesInCode('console.log(1 as Record<A>)').map(({ name }) => name)).toEqual(['as', 'A'])
  })
})
