import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'

const SKIPPED = new Set(['node_modules', 'dist', 'generated', 'migrations', '.turbo', '.data'])

/** TypeScript and Markdown under `packages`, `services` and `docs`, by their paths from the root. */
export function listSourceFiles(root: string): string[] {
  const list = (directory: string): string[] =>
    readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
      const path = join(directory, entry.name)
      if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : list(path)
      return /\.(tsx?|md)$/.test(entry.name) ? [relative(root, path)] : []
    })
  return ['packages', 'services', 'docs'].flatMap((name) => list(join(root, name)))
}
