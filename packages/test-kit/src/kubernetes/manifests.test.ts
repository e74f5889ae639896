import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '@derm/local-servers'
import { beforeAll, describe, expect, it } from 'vitest'
import { ALL_BUILDS, OVERLAYS, VARIANTS, buildOverlay } from './build-manifests.ts'
import { KUBERNETES_VERSIONS, findSchemaFaults } from './schema-faults.ts'

const isFolder = (path: string) =>
  readdirSync(join(ROOT, path), { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))

const containerOf = (spec: any) => spec.template.spec.containers[0]

/** What is wrong, in which object of production, and a word of what the compiler says of it. */
const WRONG: readonly [string, string, string, (spec: any) => void, string][] = [
  ['a probe', 'Deployment', 'api', (spec) => misspell(spec.template.spec.containers[0], 'readinessProbe'), 'exist'],
  ['a field of a probe', 'Deployment', 'api', (spec) => misspell(containerOf(spec).livenessProbe, 'httpGet'), 'exist'],
  ['a limit', 'Deployment', 'realtime', (spec) => misspell(containerOf(spec), 'resources'), 'exist'],
  ['a right', 'Deployment', 'web', (spec) => misspell(containerOf(spec).securityContext, 'capabilities'), 'exist'],
  ['a strategy', 'Deployment', 'api', (spec) => misspell(spec.strategy.rollingUpdate, 'maxUnavailable'), 'exist'],
  ['a budget', 'PodDisruptionBudget', 'api', (spec) => misspell(spec, 'maxUnavailable'), 'exist'],
  ['a policy', 'NetworkPolicy', 'default-deny', (spec) => misspell(spec, 'policyTypes'), 'exist'],
  ['an autoscaler', 'HorizontalPodAutoscaler', 'realtime', (spec) => misspell(spec.behavior, 'scaleDown'), 'exist'],
  ['a timeout', 'HTTPRoute', 'realtime', (spec) => misspell(spec.rules[0].timeouts, 'backendRequest'), 'exist'],
  ['a monitor', 'ServiceMonitor', 'api', (spec) => misspell(spec.endpoints[0], 'interval'), 'exist'],
  ['a secret', 'ExternalSecret', 'api', (spec) => misspell(spec, 'refreshInterval'), 'exist'],
  ['a text for a number', 'Deployment', 'api', (spec) => (spec.minReadySeconds = '5'), 'assignable'],
  ['a number for a text', 'Deployment', 'api', (spec) => (containerOf(spec).env[0].value = 5), 'assignable'],
  ['no selector', 'Deployment', 'api', (spec) => delete spec.selector, 'missing'],
  ['no target', 'HorizontalPodAutoscaler', 'api', (spec) => delete spec.scaleTargetRef, 'missing'],
  ['an operator that is none', 'NetworkPolicy', 'names', (spec) => (spec.egress[0].ports[0].port = true), 'assignable'],
]

const production = buildOverlay('production')
const spoilt = WRONG.map(([, kind, name, spoil], i) => {
  const manifest = structuredClone(production.find((one) => one.kind === kind && one.metadata.name === name)!)
  spoil(manifest.spec)
  manifest.metadata.name = `wrong-${i}`
  return manifest
})
/** Overlays and variants have most objects in common: each is checked once. */
const whole = [
  ...new Map(ALL_BUILDS.flatMap(([, build]) => build()).map((manifest) => [JSON.stringify(manifest), manifest])),
].map(([, manifest]) => manifest)
const strange = { apiVersion: 'apps/v1', kind: 'Deploymnet', metadata: { name: 'strange-kind' } }
const ancient = { apiVersion: 'apps/v3', kind: 'Deployment', metadata: { name: 'strange-version' } }

describe.each(KUBERNETES_VERSIONS)('[OPS21] Kubernetes %s', (version) => {
  let faults: string[]
  // The compiler is asked once: it takes seconds to read the types, and no time for an object more.
  beforeAll(() => (faults = findSchemaFaults([...whole, ...spoilt, strange, ancient], version)), 60_000)

  it('takes what each overlay and each variant makes', () => {
    expect(whole.length).toBeGreaterThan(100)
    expect(faults.filter((fault) => !/^\w+\/(wrong|strange)-/.test(fault))).toEqual([])
  })

  it.each(WRONG.map(([what, kind, , , word], i) => [what, kind, i, word] as const))(
    'refuses %s that is wrong, in a %s',
    (_what, kind, i, word) => {
      const own = faults.filter((fault) => fault.startsWith(`${kind}/wrong-${i}: `))
      expect(own.join('\n')).toContain(word)
    },
  )

  it('refuses a kind that it does not have', () => {
    for (const name of ['Deploymnet/strange-kind', 'Deployment/strange-version'])
      expect(faults.filter((fault) => fault.startsWith(`${name}: `))).toHaveLength(1)
  })
})

it('[OPS21] every overlay and every component is among them', () => {
  expect([...OVERLAYS].sort()).toEqual(isFolder('k8s/overlays').sort())
  const used = VARIANTS.flat()
  expect([...new Set(used)].sort()).toEqual(isFolder('k8s/components').sort())
})

/** The last letter but one is gone. */
function misspell(object: any, name: string): void {
  object[name.slice(0, -2) + name.slice(-1)] = object[name]
  delete object[name]
}
