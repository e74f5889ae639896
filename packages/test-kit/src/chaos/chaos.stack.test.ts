import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))

/** As a user would run it. */
function runChaos(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['packages/local-stack/bin/run.js', 'packages/test-kit/src/chaos/main.ts', ...args],
      { cwd: ROOT },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr }),
    )
  })
}

it('60 plain clients on two nodes lose nothing in 200 changes, whatever is killed or emptied', async () => {
  const { code, output } = await runChaos()
  expect(output).toContain('5 passed, 0 failed')
  expect(output).toMatch(/a node is killed\n +delivered 12000 +recovered \d+ +resyncs 0 +lost 0 +twice 0/)
  expect(output).toMatch(/between publishing and marking\n +delivered 12000 +recovered \d+ +resyncs 0 +lost 0 +twice 0/)
  expect(output).toMatch(/Postgres is killed in mid-load\n +delivered 12000 +recovered \d+ +resyncs 0 +lost 0 +twice 0/)
  expect(code).toBe(0)
})

it('the fault suite fails on a node that answers only resync', async () => {
  const { code, output } = await runChaos(
    '--answer-resync',
    '--only',
    'a node is killed',
    '--clients',
    '10',
    '--changes',
    '40',
  )
  expect(output).toMatch(/FAILED a node is killed\n.*resyncs [1-9]/)
  expect(output).toContain('0 passed, 1 failed')
  expect(code).toBe(1)
})
