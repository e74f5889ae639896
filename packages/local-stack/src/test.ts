import { spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT, findChromium, findServer } from '@derm/local-servers'
import { buildWeb, prepare } from './prepare.ts'
import { toFilters } from './test-groups.ts'

/** `npm test -- [words]`: prepares what the tests need, runs them, and ends with a line that counts them. */
const words = process.argv.slice(2)
const report = join(ROOT, 'node_modules', '.cache', 'dermlive', 'test-report.json')

try {
  await prepare()
  await buildWeb()
  await findServer()
  process.env['CHROMIUM_PATH'] = await findChromium()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}

await rm(report, { force: true })
const vitest = spawn(
  process.execPath,
  [
    join(ROOT, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...toFilters(words),
  ],
  { cwd: ROOT, stdio: 'inherit' },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => vitest.kill(signal))
vitest.on('exit', (code) => void count(code))

async function count(code: number | null): Promise<void> {
  const counts = await readFile(report, 'utf8').then(
    (text) => JSON.parse(text) as { numPassedTests: number; numFailedTests: number; numFailedTestSuites: number },
    () => null,
  )
  // A file that could not even be loaded has no failed test in it.
  const failed = counts ? Math.max(counts.numFailedTests, code === 0 ? 0 : 1) : 1
  process.stdout.write(`\n${counts?.numPassedTests ?? 0} passed, ${failed} failed\n`)
  process.exit(code ?? 1)
}
