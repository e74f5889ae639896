import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT, findProgram, run } from '@derm/local-servers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startStack, type Stack } from './start-stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ apis: 1, nodes: 1 })
})
afterAll(() => stack?.stop())

/** The page's own lines. */
async function readExample(): Promise<string> {
  const page = await readFile(join(ROOT, 'docs', 'quick-start.md'), 'utf8')
  const code = /<!-- example: curl -->\s*```sh\n([\s\S]*?)```/.exec(page)?.[1]
  if (code === undefined) throw new Error('docs/quick-start.md has no curl example')
  return code
}

// It runs the page's own lines, which are curl's: the project itself needs none, and does not install it.
it.skipIf(!findProgram('curl'))(
  'the quick start’s curl lines change a visit once, and are refused a stale one',
  async () => {
    const script = (await readExample()).replace('http://localhost:8080', stack.apis[0]!.url)
    const { stdout } = await run('sh', ['-eu', '-c', script], { cwd: ROOT })
    const answers = stdout.split(/(?=^HTTP\/1\.1 )/m)
    expect(answers).toEqual([
      expect.stringMatching(
        /^HTTP\/1\.1 200 [^]*^published: "l:[\w-]+\/scheduling";epoch="\w{16}";seq=\d+\r$[^]*"status":"confirmed"/im,
      ),
      expect.stringMatching(/^HTTP\/1\.1 200 [^]*^idempotent-replayed: true\r$[^]*"status":"confirmed"/im),
      expect.stringMatching(/^HTTP\/1\.1 409 [^]*"code":"conflict"[^]*/),
    ])
    const { version } = JSON.parse(answers[0]!.split('\r\n\r\n')[1]!) as { version: number }
    const conflict = JSON.parse(answers[2]!.split('\r\n\r\n')[1]!) as { currentVersion: number }
    expect(conflict.currentVersion).toBe(version)
    expect(await stack.query(`SELECT type FROM events`)).toEqual([{ type: 'appointment:confirmed' }])
  },
)
