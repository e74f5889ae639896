import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '@derm/local-servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followSteps } from './follow-steps.ts'
import { SUITE, mutationsOf } from './mutations.ts'
import { RepositoryCopy } from './repository-copy.ts'
import { STEPS } from './steps.ts'
import { tryMutation } from './try-mutation.ts'

/** The short form of `npm run new-aggregate`: the steps, the toy's types and suite, and the mutations that are quick to try. */
const MINUTES = 60_000
let copy: RepositoryCopy
let migration: string

beforeAll(async () => {
  copy = await RepositoryCopy.make()
  migration = (await followSteps(copy)).migration
}, 5 * MINUTES)
afterAll(() => copy?.remove())

it('CONTRIBUTING names the steps that are followed here, in their order', async () => {
  const page = await readFile(join(ROOT, 'CONTRIBUTING.md'), 'utf8')
  const [, section = ''] = page.split('## How to add an aggregate')
  const titles = [...section.split('\n## ')[0]!.matchAll(/^\d+\. \*\*(.+?)\*\*/gm)].map(([, title]) => title)
  expect(titles).toEqual(STEPS.map(({ title }) => title))
})

describe('an aggregate that was added by following CONTRIBUTING', () => {
  it.each(['packages/contract', 'services/api', 'services/web'])(
    'type-checks in %s',
    async (project) => {
      const { code, output } = await copy.run('npx', ['tsc', '-p', project])
      expect([code, output.slice(-2000)]).toEqual([0, output.slice(-2000)])
    },
    3 * MINUTES,
  )

  it(
    'passes the suite of all aggregates',
    async () => {
      const { code, output } = await copy.run(SUITE.command, [...SUITE.args])
      // What failed stands far from the end.
      expect(output.split('\n').filter((line) => /×|FAIL|Error/.test(line))).toEqual([])
      expect(code, output.slice(-2000)).toBe(0)
      expect(output).toMatch(/\d+ passed/)
    },
    5 * MINUTES,
  )

  const quick = mutationsOf('').filter(({ isQuick }) => isQuick)
  it.each(quick.map(({ what }) => [what]))(
    'fails a check by name without its %s',
    async (what) => {
      const mutation = mutationsOf(migration).find((one) => one.what === what)
      expect(await tryMutation(copy, mutation!)).toBeNull()
    },
    3 * MINUTES,
  )
})
