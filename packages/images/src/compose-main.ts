import { spawn } from 'node:child_process'
import { findProgram, run } from '@derm/local-servers'
import { COMPOSE, writeComposeSettings } from './compose-settings.ts'

/**
 * `npm run compose`: makes the secrets where there are none, and starts everything. `npm run compose -- <arguments>` hands them to compose:
 * `npm run compose -- down`. `--local` first: with servers from Debian's packages in place of images that would have to be pulled.
 */
const given = process.argv.slice(2)
const isLocal = given[0] === '--local'
const wanted = isLocal ? given.slice(1) : given
await writeComposeSettings()
const files = ['compose.yaml', ...(isLocal ? ['compose.local.yaml'] : [])].flatMap((file) => ['--file', file])
const [program, ...before] = await findCompose()
const child = spawn(program, [...before, ...files, ...(wanted.length === 0 ? ['up', '--detach'] : wanted)], {
  cwd: COMPOSE,
  stdio: 'inherit',
})
child.on('exit', (code) => process.exit(code ?? 1))

/** Compose 2 and later is a part of `docker`; 1.29 is a program of its own, and reads the same file. */
async function findCompose(): Promise<[string, ...string[]]> {
  const isPlugin = await run('docker', ['compose', 'version']).then(
    () => true,
    () => false,
  )
  if (isPlugin) return ['docker', 'compose']
  const old = findProgram('docker-compose')
  if (old) return [old]
  throw new Error('Neither `docker compose` nor `docker-compose` is installed')
}
