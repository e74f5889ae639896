import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { ROOT } from '@derm/local-servers'
import { WEB_DIST } from '@derm/local-stack'
import { build, type Metafile } from 'esbuild'
import { IMAGES, type Image, type ImageName } from './images.ts'
import { createSbom } from './sbom.ts'

export const BUNDLES = join(ROOT, 'infra/docker/dist')

/** Optional drivers that we do not use, and whose absence the libraries expect. */
const NOT_INSTALLED = ['pg-native', 'bufferutil', 'utf-8-validate', 'pg-cloudflare', 'cloudflare:sockets']

/** Joined libraries of CommonJS ask for Node's modules by `require`. */
const REQUIRE = `import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);`

export type Bundle = { folder: string; packages: readonly string[] }

/** Makes `infra/docker/dist/<name>`: what an image has at `/app`. It is not minified, so that a stack trace can be read. */
export async function bundle(name: ImageName): Promise<Bundle> {
  const image: Image = IMAGES[name]
  const folder = join(BUNDLES, name)
  await rm(folder, { recursive: true, force: true })
  const { metafile } = await bundleCode(image, folder)
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: `dermlive-${name}`, type: 'module' }) + '\n')
  const packages = packagesOf(metafile)
  for (const { package: wanted, paths } of image.files)
    for (const found of await findPackages(wanted)) {
      packages.add(found)
      for (const path of paths) await copy(join('node_modules', found, path), join(folder, 'node_modules', found, path))
    }
  if (image.hasClient) await cp(WEB_DIST, join(folder, 'client'), { recursive: true })
  const sbom = await createSbom(name, packages)
  await writeFile(join(folder, 'sbom.cdx.json'), JSON.stringify(sbom, null, 1) + '\n')
  return { folder, packages: [...packages].toSorted() }
}

/** `isWritten: false` for who only wants to know what is in it. */
export async function bundleCode(
  { entries, external }: Image,
  folder: string,
  { isWritten = true } = {},
): Promise<{ metafile: Metafile }> {
  return build({
    absWorkingDir: ROOT,
    entryPoints: Object.entries(entries).map(([out, path]) => ({ in: path, out })),
    outdir: folder,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: [...external, ...NOT_INSTALLED],
    banner: { js: REQUIRE },
    keepNames: true,
    legalComments: 'eof',
    metafile: true,
    write: isWritten,
    logLevel: 'warning',
  })
}

/** The npm packages that a file of a bundle comes from. */
export function packagesOf(metafile: Metafile): Set<string> {
  const used = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs))
  return new Set(used.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []))
}

async function findPackages(name: string): Promise<string[]> {
  if (!name.endsWith('*')) return [name]
  const scope = dirname(name)
  const start = name.slice(scope.length + 1, -1)
  const found = (await readdir(join(ROOT, 'node_modules', scope))).filter((one) => one.startsWith(start))
  if (found.length === 0) throw new Error(`no package ${name} is installed: bundles for Linux are made on Linux`)
  return found.map((one) => `${scope}/${one}`)
}

async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await cp(resolve(ROOT, from), to, { recursive: true, dereference: true })
}

export async function readVersion(): Promise<string> {
  return (JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version
}
