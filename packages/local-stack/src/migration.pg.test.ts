import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ROOT } from '@derm/local-servers'

let copy: string
beforeEach(async () => {
  copy = await mkdtemp(join(tmpdir(), 'derm-schema-'))
  await cp(join(ROOT, 'packages/database/prisma'), copy, { recursive: true })
})
afterEach(() => rm(copy, { recursive: true }))

/** `npm run migration -- <words>`, as a process. */
function run(words: string[], env: Record<string, string> = {}): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'packages/local-stack/bin/migration.js'), ...words], {
    cwd: ROOT,
    env: { ...process.env, ...env },
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => void (text += chunk.toString()))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, text })))
}

it('writes a migration against a Postgres of its own, and says what to check', async () => {
  await writeFile(
    join(copy, 'schema/claims.prisma'),
    'model Claim {\n  id String @id @db.Uuid\n  tenantId String @map("tenant_id") @db.Uuid\n\n  @@map("claims")\n}\n',
  )
  const { code, text } = await run(['add_claims', copy])
  expect({ code, text }).toEqual({
    code: 0,
    text: expect.stringMatching(/^Wrote .*_add_claims\/migration\.sql[^]*claims: /),
  })
  const written = (await readdir(join(copy, 'migrations'))).find((name) => name.endsWith('_add_claims'))
  const sql = await readFile(join(copy, 'migrations', written ?? '', 'migration.sql'), 'utf8')
  expect(sql).toContain(`SELECT build_tenant_wall('claims', 'SELECT, INSERT, UPDATE');`)
})

it.each([
  ['a name that is none', ['Add'], {}, /^A migration's name is lower-case words/],
  ['no name', [], {}, /^A migration's name is lower-case words/],
  [
    'a Postgres that cannot start',
    ['add_claims'],
    { TMPDIR: '/dev/null', TSX_DISABLE_CACHE: '1' },
    /^Postgres, .* could not be started/,
  ],
])('fails with one sentence for %s', async (_, words, env, sentence) => {
  const { code, text } = await run(words, env)
  expect({ code, text }).toEqual({ code: 1, text: expect.stringMatching(sentence) })
  expect(text.trim().split('\n')).toHaveLength(1)
})
