import { ROOT } from '@derm/local-servers'
import { ESLint, Linter } from 'eslint'
import { expect, it, vi } from 'vitest'

// The first of them loads ESLint and its plugins.
vi.setConfig({ testTimeout: 60_000 })

const RULES = ['no-restricted-imports', 'no-restricted-syntax', 'no-eval', 'no-new-func', 'no-script-url']

/** What the repository's rules about imports and about text as code say of one line in a file that need not exist. */
async function complaintsAbout(line: string, path: string): Promise<string[]> {
  const config = (await new ESLint({ cwd: ROOT }).calculateConfigForFile(`${ROOT}/${path}`)) as Linter.Config
  const rules = Object.fromEntries(RULES.flatMap((name) => (config.rules![name] ? [[name, config.rules![name]]] : [])))
  const languageOptions = { parserOptions: { ecmaFeatures: { jsx: true } } }
  return new Linter()
    .verify(line, [{ files: ['**/*.ts'], rules, languageOptions }], 'file.ts')
    .map(({ message }) => message)
}

it.each([
  ['services/api/src/waitlist/routes.ts', 1],
  ['services/api/src/patients/new-file.ts', 1],
  ['services/api/src/aggregate/write-entity.ts', 0],
  ['services/api/src/admin/commands.ts', 0],
  ['services/api/src/jobs/new-file.ts', 0],
])('only the mechanism, admin and jobs write past the aggregates: %s', async (path, count) => {
  const complaints = await complaintsAbout(`import { fullTx } from '../change.ts'`, path)
  expect(complaints).toHaveLength(count)
  if (count > 0) expect(complaints[0]).toContain('createEntity')
  expect(await complaintsAbout(`import { requireVersion } from '../change.ts'`, path)).toEqual([])
})

it.each([
  [`import { exec } from 'node:child_process'`, 'services/api/src/patients/new-file.ts'],
  [`import { spawn } from 'child_process'`, 'services/realtime/src/connection/new-file.ts'],
  [`import vm from 'node:vm'`, 'packages/publisher/src/new-file.ts'],
  [`eval(text)`, 'services/api/src/patients/new-file.ts'],
  [`new Function(text)`, 'services/web/src/patients/new-file.tsx'],
  [`link.href = 'javascript:go()'`, 'services/web/src/patients/new-file.tsx'],
  [`<p dangerouslySetInnerHTML={{ __html: text }} />`, 'services/web/src/patients/new-file.tsx'],
  [`element.innerHTML = text`, 'packages/react/src/components/new-file.tsx'],
  [`window.localStorage.setItem('patient', text)`, 'services/web/src/patients/new-file.tsx'],
  [`indexedDB.open('charts')`, 'packages/react/src/query/new-file.ts'],
])('[SEC] a text is never run, taken for HTML, or left in a browser: %s', async (line, path) => {
  expect(await complaintsAbout(line, path)).toHaveLength(1)
})

it('[SEC] the two files that keep something in a browser may do so, and no more', async () => {
  for (const path of ['services/web/src/ui/preferences.ts', 'services/web/src/session/browser-session.ts']) {
    expect(await complaintsAbout(`localStorage.getItem('key')`, path)).toEqual([])
    expect(await complaintsAbout(`element.innerHTML = text`, path)).toHaveLength(1)
  }
})
