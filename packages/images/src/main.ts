import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { buildWeb } from '@derm/local-stack'
import { ROOT, findProgram, run } from '@derm/local-servers'
import { bundle, readVersion } from './bundle.ts'
import { IMAGE_NAMES, type ImageName } from './images.ts'

const USAGE = `npm run image -- [api] [realtime] [web] [--base IMAGE] [--tag TAG] [--demo] [--inside]
  --base    the image with Node that they stand on; node:24-bookworm-slim by default
  --tag     the version in package.json by default
  --demo    the web client offers the demo's accounts; its tag ends with -demo
  --inside  the bundles are made in Docker, by the base's npm, and not here`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    base: { type: 'string' },
    tag: { type: 'string' },
    demo: { type: 'boolean', default: false },
    inside: { type: 'boolean', default: false },
  },
})

const isImage = (name: string): name is ImageName => (IMAGE_NAMES as string[]).includes(name)
const git = (...args: string[]) =>
  run('git', args, { cwd: ROOT }).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  )

async function build(name: ImageName, tag: string): Promise<void> {
  const dirty = (await git('status', '--porcelain')) === '' ? '' : '-dirty'
  const options: Record<string, string> = {
    BUNDLES: values.inside ? 'inside' : 'host',
    VERSION: tag,
    REVISION: ((await git('rev-parse', 'HEAD')) || 'unknown') + dirty,
    // Of the sources, not of the build: the same sources make the same labels.
    CREATED: (await git('show', '-s', '--format=%cI', 'HEAD')) || '1970-01-01T00:00:00Z',
    ...(values.base === undefined ? {} : { BASE: values.base }),
  }
  const args = ['build', '--file', 'infra/docker/Dockerfile', '--target', name, '--tag', `dermlive/${name}:${tag}`]
  for (const [option, value] of Object.entries(options)) args.push('--build-arg', `${option}=${value}`)
  // The engine's own builder does where BuildKit is not installed.
  const env = { DOCKER_BUILDKIT: (await hasBuildKit()) ? '1' : '0', ...process.env }
  const docker = spawn('docker', [...args, '.'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [docker.stdout, docker.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()))
  const [code] = (await once(docker, 'close')) as [number]
  if (code !== 0) throw new Error(`dermlive/${name} could not be built:\n${said}`)
  const { stdout } = await run('docker', ['image', 'inspect', '--format', '{{.Size}}', `dermlive/${name}:${tag}`])
  console.log(`dermlive/${name}:${tag}  ${(Number(stdout) / 1e6).toFixed(0)} MB`)
}

const hasBuildKit = () =>
  run('docker', ['buildx', 'version']).then(
    () => true,
    () => false,
  )

const wanted = positionals.length === 0 ? IMAGE_NAMES : positionals.filter(isImage)
if (wanted.length < positionals.length) {
  console.error(USAGE)
  process.exit(2)
}
if (!findProgram('docker')) throw new Error('Docker is needed, and its engine has to run')
process.env['VITE_DEMO'] = String(values.demo)
if (!values.inside && wanted.includes('web')) await buildWeb()
const version = values.tag ?? (await readVersion())
for (const name of wanted) {
  if (!values.inside) await bundle(name)
  await build(name, name === 'web' && values.demo ? `${version}-demo` : version)
}
