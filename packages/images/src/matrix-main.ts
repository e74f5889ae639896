import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { ROOT, run } from '@derm/local-servers'

/**
 * `npm run matrix -- [words]`: `npm test -- [words]` with each version of Node that we serve, one after the other. `--node 22` first: with that
 * one alone. Node comes from the npm package that holds its program, and stays in `node_modules/.cache`.
 */
const VERSIONS = ['20', '22', '24']
const given = process.argv.slice(2)
const only = given[0] === '--node' ? given.splice(0, 2)[1] : undefined
const failed: string[] = []

for (const version of only === undefined ? VERSIONS : [only]) {
  const node = await install(version)
  const { stdout } = await run(node, ['--version'])
  console.log(`\nNode ${stdout.trim()}`)
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}` }
  const tests = spawn(node, [join(ROOT, 'packages/local-stack/bin/test.js'), ...given], {
    cwd: ROOT,
    env,
    stdio: 'inherit',
  })
  const [code] = (await once(tests, 'exit')) as [number | null]
  if (code !== 0) failed.push(version)
}
console.log(failed.length === 0 ? '\nWell with every version' : `\nFailed with Node ${failed.join(', ')}`)
process.exit(failed.length === 0 ? 0 : 1)

/** Answers the program's path. */
async function install(version: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`
  const folder = join(ROOT, 'node_modules/.cache/dermlive', `node-${version}`)
  const node = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(node)) return node
  await mkdir(folder, { recursive: true })
  await run('npm', ['install', '--prefix', folder, '--no-save', `${name}@${version}`], { cwd: folder })
  return node
}
