import { ROOT } from '@derm/local-servers'
import { ESLint, Linter } from 'eslint'
import { expect, it } from 'vitest'

/** What the repository's rule about imports says of one line in a file that need not exist. */
async function complaintsAbout(line: string, path: string): Promise<string[]> {
  const config = (await new ESLint({ cwd: ROOT }).calculateConfigForFile(`${ROOT}/${path}`)) as Linter.Config
  const rules = { 'no-restricted-imports': config.rules!['no-restricted-imports']! }
  return new Linter().verify(line, [{ files: ['**/*.ts'], rules }], 'file.ts').map(({ message }) => message)
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
