import { ROOT, run } from '@derm/local-servers'
import type { ImageName } from './images.ts'

type Component = { name: string; group?: string; 'bom-ref': string }
type Sbom = { components: Component[]; dependencies?: { ref: string; dependsOn?: string[] }[] }

const WORKSPACES: Record<ImageName, readonly string[]> = {
  api: ['@derm/api'],
  realtime: ['@derm/realtime'],
  web: ['@derm/web-server', '@derm/web'],
}

/**
 * The image's bill of materials in CycloneDX, from `npm sbom`: the packages that are in the bundle, with versions, licences and checksums.
 * The web client is built by another bundler, so all that it depends on is listed. What the base image holds is not.
 */
export async function createSbom(name: ImageName, packages: ReadonlySet<string>): Promise<Sbom> {
  const sboms = await Promise.all(WORKSPACES[name].map(readSbom))
  const isInside = (component: Component, of: number) => of === 1 || packages.has(toPackageName(component))
  const components = new Map(
    sboms.flatMap((sbom, of) =>
      sbom.components.filter((one) => isInside(one, of)).map((one) => [one['bom-ref'], one] as const),
    ),
  )
  const dependencies = sboms
    .flatMap((sbom) => sbom.dependencies ?? [])
    .filter(({ ref }, i, all) => components.has(ref) && all.findIndex((one) => one.ref === ref) === i)
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => components.has(one)) }))
  return { ...sboms[0]!, components: [...components.values()], dependencies }
}

export const toPackageName = ({ name, group }: Component): string => (group ? `${group}/${name}` : name)

async function readSbom(workspace: string): Promise<Sbom> {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--workspace', workspace]
  const { stdout } = await run('npm', args, { cwd: ROOT, maxBuffer: 64e6 })
  return JSON.parse(stdout) as Sbom
}
