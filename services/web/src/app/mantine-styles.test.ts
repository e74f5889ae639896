import { readFile, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'

const SOURCES = join(import.meta.dirname, '..')
const STYLES = join(dirname(createRequire(import.meta.url).resolve('@mantine/core/styles.css')), 'styles')

async function usedComponents(): Promise<Set<string>> {
  const used = new Set<string>()
  for (const file of await readdir(SOURCES, { recursive: true })) {
    if (!file.endsWith('.tsx')) continue
    const text = await readFile(join(SOURCES, file), 'utf8')
    for (const [, names] of text.matchAll(/import \{([^}]*)\} from '@mantine\/core'/g))
      for (const name of names!.split(',')) used.add(name.trim())
  }
  return used
}

it('every Mantine component in use has its style sheet', async () => {
  const [used, files, imported] = await Promise.all([
    usedComponents(),
    readdir(STYLES),
    readFile(join(SOURCES, 'app', 'mantine.css'), 'utf8'),
  ])
  const needed = files.filter((file) => used.has(file.replace('.css', '')))
  expect(needed.length).toBeGreaterThan(20)
  expect(needed.filter((file) => !imported.includes(`/styles/${file}'`))).toEqual([])
})
