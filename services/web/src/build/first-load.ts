import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'

/** Script that a page loads before it can be used, in bytes after gzip. */
export type FirstLoad = {
  signIn: number
  schedule: number
  chunks: { file: string; bytes: number; page: 'sign-in' | 'schedule' | 'later' }[]
}

export const BUDGET = { signIn: 220_000, schedule: 320_000 } as const

/** Builds the client in memory and adds up what each page's chunks import before they run. */
export async function measureFirstLoad(): Promise<FirstLoad> {
  const configFile = new URL('../../vite.config.ts', import.meta.url).pathname
  const built = await build({ configFile, logLevel: 'error', build: { write: false } })
  const outputs = (Array.isArray(built) ? built : [built]) as Rolldown.RolldownOutput[]
  const chunks = new Map<string, Rolldown.OutputChunk>()
  for (const { output } of outputs)
    for (const file of output) if (file.type === 'chunk') chunks.set(file.fileName, file)

  const entry = [...chunks.values()].find((chunk) => chunk.isEntry)
  const behindSignIn = ['/signed-in-layout.tsx', '/schedule-screen.tsx'].map((file) =>
    [...chunks.values()].find((chunk) => chunk.facadeModuleId?.endsWith(file)),
  )
  if (!entry) throw new Error('the entry’s chunk is missing from the build')
  const signIn = collect(chunks, entry.fileName)
  const schedule = new Set(signIn)
  for (const chunk of behindSignIn) {
    if (!chunk) throw new Error('the layout’s or the schedule’s chunk is missing from the build')
    collect(chunks, chunk.fileName, schedule)
  }

  const sizes = [...chunks.values()].map(({ fileName, code }) => ({
    file: fileName,
    bytes: gzipSync(code, { level: 9 }).length,
    page: signIn.has(fileName)
      ? ('sign-in' as const)
      : schedule.has(fileName)
        ? ('schedule' as const)
        : ('later' as const),
  }))
  const sum = (files: ReadonlySet<string>) =>
    sizes.reduce((total, { file, bytes }) => total + (files.has(file) ? bytes : 0), 0)
  return { signIn: sum(signIn), schedule: sum(schedule), chunks: sizes.sort((a, b) => b.bytes - a.bytes) }
}

function collect(
  chunks: ReadonlyMap<string, Rolldown.OutputChunk>,
  file: string,
  into = new Set<string>(),
): Set<string> {
  if (into.has(file)) return into
  into.add(file)
  for (const imported of chunks.get(file)?.imports ?? []) collect(chunks, imported, into)
  return into
}
