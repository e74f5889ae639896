import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '@derm/local-servers'

const FOLDER = join(ROOT, 'node_modules/.cache/derm')

let sources: string | undefined

/** Of all that kubectl reads: every file of `k8s`, and what asks for the build. */
function hashSources(): string {
  const hash = createHash('sha256')
  const files = readdirSync(join(ROOT, 'k8s'), { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort()
  for (const path of [...paths, join(import.meta.dirname, 'build-manifests.ts')]) {
    hash.update(`${path}\n`).update(readFileSync(path)).update('\n')
  }
  return hash.digest('hex')
}

/** What kubectl made of the same files before, else what it makes now: seven test files ask for the same builds. */
export function keepBuild(name: string, build: () => string): string {
  sources ??= hashSources()
  const path = join(FOLDER, `manifests-${createHash('sha256').update(name).digest('hex').slice(0, 16)}.json`)
  try {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as { sources: string; text: string }
    if (kept.sources === sources) return kept.text
  } catch {
    // There is none yet.
  }
  const text = build()
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(`${path}.${process.pid}`, JSON.stringify({ sources, text }))
  // Another test file may do the same at this moment.
  renameSync(`${path}.${process.pid}`, path)
  return text
}
