import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { listSourceFiles } from './list-source-files.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const declared = [...read('packages/core/SPEC.md').matchAll(/^- \*\*\[([A-Z]{3}\d+)\]\*\*/gm)].map(([, rule]) => rule!)
const quoted = new Map(
  listSourceFiles(ROOT)
    .filter((path) => /(\.test|-suite)\.tsx?$/.test(path))
    .flatMap((path) => [...read(path).matchAll(/\[([A-Z]{3}\d+)\]/g)].map(([, rule]) => [rule!, path] as const)),
)

describe('the rules of SPEC.md', () => {
  it('have a number each', () => {
    expect(declared.filter((rule, i) => declared.indexOf(rule) !== i)).toEqual([])
    expect(declared.length).toBeGreaterThan(100)
  })

  it('hold those that tests quote', () => {
    expect([...quoted].filter(([rule]) => !declared.includes(rule)).map(([rule, path]) => `${path}: ${rule}`)).toEqual(
      [],
    )
  })

  it('are each quoted by a test', () => {
    expect(declared.filter((rule) => !quoted.has(rule))).toEqual([])
  })
})
