import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { ROOT } from '@derm/local-servers'
import { parseAllDocuments, stringify } from 'yaml'
import { keepBuild } from './kept-builds.ts'
import { kustomize } from './kubectl.ts'
import type { Manifest } from './manifest.ts'

export const OVERLAYS = ['dev', 'staging', 'production'] as const
export type Overlay = (typeof OVERLAYS)[number]

/** Each way to have Redis, Postgres and autoscalers, once: what no overlay has is tried here. */
export const VARIANTS: readonly (readonly string[])[] = [
  ['postgres-managed', 'redis-sentinel', 'gateway-api', 'autoscaling-keda', 'prometheus-operator'],
  [
    ...['postgres-managed', 'redis-cluster', 'gateway-api', 'autoscaling-prometheus-adapter'],
    ...['private-authority', 'redis-client-certificate'],
  ],
  ['postgres-managed', 'redis-managed', 'gateway-api', 'autoscaling-cpu', 'external-secrets', 'jwks-over-https'],
  ['postgres-development', 'redis-standalone', 'gateway-api'],
]

export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const manifest = document.toJS() as Manifest | null
    return manifest === null ? [] : [manifest]
  })
}

const built = new Map<string, Manifest[]>()

/** What `kubectl apply -k k8s/overlays/<overlay>` would apply. */
export function buildOverlay(overlay: Overlay): Manifest[] {
  return buildOnce(overlay, () => kustomize(join(ROOT, 'k8s/overlays', overlay)))
}

/** Every overlay and every variant, by name. */
export const ALL_BUILDS: readonly [string, () => Manifest[]][] = [
  ...OVERLAYS.map((overlay): [string, () => Manifest[]] => [overlay, () => buildOverlay(overlay)]),
  ...VARIANTS.map((variant): [string, () => Manifest[]] => [variant.join(' '), () => buildVariant(variant)]),
]

function buildOnce(name: string, build: () => string): Manifest[] {
  const manifests = built.get(name) ?? parseManifests(keepBuild(name, build))
  built.set(name, manifests)
  return manifests
}

/** The base with other components than an overlay has: each is a folder of `k8s/components`. */
export function buildVariant(components: readonly string[]): Manifest[] {
  return buildOnce(components.join(' '), () => kustomizeBaseWith(components))
}

function kustomizeBaseWith(components: readonly string[]): string {
  // kustomize takes folders by relative paths only, and sees through links.
  const folder = mkdtempSync(join(tmpdir(), 'derm-kustomize-'))
  const at = (path: string) => relative(folder, join(ROOT, 'k8s', path))
  try {
    writeFileSync(
      join(folder, 'kustomization.yaml'),
      stringify({
        apiVersion: 'kustomize.config.k8s.io/v1beta1',
        kind: 'Kustomization',
        namespace: 'dermlive',
        resources: [at('base')],
        components: components.map((name) => at(`components/${name}`)),
        // What an overlay has to say.
        configMapGenerator: [
          { name: 'common', behavior: 'merge', literals: ['PUBLIC_ORIGINS=https://app.dermlive.example'] },
        ],
        images: ['api', 'realtime', 'web'].map((name) => ({ name: `dermlive/${name}`, newTag: '0.1.0' })),
      }),
    )
    return kustomize(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
