import { followSteps } from './follow-steps.ts'
import { SUITE, mutationsOf } from './mutations.ts'
import { RepositoryCopy } from './repository-copy.ts'
import { STEPS } from './steps.ts'
import { tryMutation } from './try-mutation.ts'

/**
 * `npm run new-aggregate`: follows CONTRIBUTING in a temporary copy with a toy, tries it, and leaves out one rule after the other to see each noticed by
 * the name of a check. `-- --only words` for some of it.
 */
const LIVE_CHECK = 'packages/test-kit/src/new-aggregate/live-check.ts'
const args = process.argv.slice(2)
const only = args.includes('--only') ? (args[args.indexOf('--only') + 1] ?? '') : ''
const copy = await RepositoryCopy.make()
let failed = 0
const report = (what: string, fault: string | null) => {
  if (fault) failed++
  console.log(`${fault ? 'FAILED' : 'ok    '} ${what}${fault ? `\n${fault}` : ''}`)
}
let tried = 0
try {
  const { migration } = await followSteps(copy)
  const texts = await Promise.all(STEPS.flatMap(({ makes }) => makes).map((path) => copy.read(path)))
  console.log(
    `the toy's files have ${texts.reduce((sum, text) => sum + text.split('\n').length - 1, 0)} lines together\n`,
  )
  for (const project of ['packages/contract', 'packages/database', 'services/api', 'packages/react', 'services/web']) {
    const { code, output } = await copy.run('npx', ['tsc', '-p', project])
    tried++
    report(`types of ${project}`, code === 0 ? null : output.slice(-3000))
  }
  const { code, output } = await copy.run(SUITE.command, [...SUITE.args])
  tried++
  report('the suite of all aggregates', code === 0 ? null : output.slice(-3000))
  if ('the whole system'.includes(only)) {
    await copy.mustRun('npm', ['run', 'build', '-w', '@derm/web'])
    const live = await copy.run('node', ['packages/local-stack/bin/run.js', LIVE_CHECK])
    tried++
    report(
      'the whole system: a second client hears of it, a screen shows it',
      live.code === 0 ? null : live.output.slice(-3000),
    )
  }
  for (const mutation of mutationsOf(migration)) {
    if (!mutation.what.includes(only)) continue
    tried++
    report(`without its ${mutation.what}`, await tryMutation(copy, mutation))
  }
} finally {
  await copy.remove()
}
console.log(`\n${tried - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
