import { readFile } from 'node:fs/promises'
import type { RepositoryCopy } from './repository-copy.ts'
import { MIGRATION, PROTOCOL_HASH, STEPS, migrationPath, type Step } from './steps.ts'

/** Adds the toy to a copy, step by step as CONTRIBUTING says, with the commands that it names. Answers where the migration is. */
export async function followSteps(copy: RepositoryCopy): Promise<{ migration: string }> {
  for (const step of STEPS) await follow(copy, step)
  await copy.mustRun('npm', ['run', 'generate', '-w', '@derm/database'])
  const wrote = await copy.mustRun('npm', ['run', 'migration', '--', MIGRATION])
  const timestamp = /(\d{14})_equipment_loans/.exec(wrote)?.[1]
  if (timestamp === undefined) throw new Error(`npm run migration said something else:\n${wrote}`)
  await copy.mustRun('npx', pureTest('packages/contract/src/protocol-page.test.ts'), { UPDATE_DOCS: '1' })
  await takeHashOver(copy)
  return { migration: migrationPath(timestamp) }
}

async function follow(copy: RepositoryCopy, { makes, edits }: Step): Promise<void> {
  for (const path of makes)
    await copy.write(path, await readFile(new URL(`templates/${path}.txt`, import.meta.url), 'utf8'))
  for (const { path, find, put } of edits) await copy.edit(path, find, put)
}

/** The test says what the hash is now. */
async function takeHashOver(copy: RepositoryCopy): Promise<void> {
  const { output } = await copy.run('npx', pureTest(PROTOCOL_HASH))
  const hash = /\+ +"hash": "([0-9a-f]{16})"/.exec(output)?.[1]
  if (hash === undefined) throw new Error(`the test of the protocol's hash said something else:\n${output}`)
  await copy.edit(PROTOCOL_HASH, /hash: '[0-9a-f]{16}'/, `hash: '${hash}'`)
}

export const pureTest = (path: string) => ['vitest', 'run', '--project', 'pure', path]
