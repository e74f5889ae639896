import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '@derm/local-servers'
import { describe, expect, it } from 'vitest'
import { ALL_BUILDS, buildOverlay } from './build-manifests.ts'
import { ofKind, type Manifest } from './manifest.ts'
import { findSelectorFaults } from './selector-faults.ts'
import { findWorkloadFaults } from './workload-faults.ts'

describe.each(ALL_BUILDS)('%s', (_name, build) => {
  it('[OPS22] has workloads that keep our rules', () => {
    expect(findWorkloadFaults(build())).toEqual([])
  })
  it('[OPS22] has labels and names that lead somewhere', () => {
    expect(findSelectorFaults(build())).toEqual([])
  })
  it('[OPS22] stands in a namespace that refuses pods with more rights', () => {
    const [namespace, ...others] = ofKind(build(), 'Namespace')
    expect(others).toEqual([])
    expect(namespace!.metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/enforce-version': expect.stringMatching(/^v1\.\d+$/),
    })
    const elsewhere = build().filter(
      ({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== namespace!.metadata.name,
    )
    expect(elsewhere).toEqual([])
  })
})

const pod = (manifest: any) => manifest.spec.template.spec
const container = (manifest: any) => pod(manifest).containers[0]

it.each<[string, string, (manifest: any) => void]>([
  ['no startup probe', 'has no startup probe', (api) => delete container(api).startupProbe],
  ['no liveness probe', 'has no liveness probe', (api) => delete container(api).livenessProbe],
  ['no readiness probe', 'has no readiness probe', (api) => delete container(api).readinessProbe],
  ['a probe of nothing', 'is probed on a port', (api) => (container(api).livenessProbe.httpGet.port = 'admn')],
  ['no request', 'requests no CPU', (api) => delete container(api).resources.requests.cpu],
  ['no limit', 'has no limit of memory', (api) => delete container(api).resources.limits],
  ['more rights', 'may gain rights', (api) => delete container(api).securityContext],
  ['a root that can be written', 'may write', (api) => (container(api).securityContext.readOnlyRootFilesystem = false)],
  ['a capability', 'keeps capabilities', (api) => (container(api).securityContext.capabilities.add = ['NET_ADMIN'])],
  ['root', 'may run as root', (api) => (pod(api).securityContext.runAsUser = 0)],
  ['no seccomp', 'has no seccomp profile', (api) => delete pod(api).securityContext.seccompProfile],
  ['a token', 'has a token', (api) => delete pod(api).automountServiceAccountToken],
  ['service links', 'is told of all services', (api) => delete pod(api).enableServiceLinks],
  ['the network of its machine', 'shares the machine', (api) => (pod(api).hostNetwork = true)],
  ['latest', 'without a version', (api) => (container(api).image = 'dermlive/api:latest')],
  ['no tag', 'without a version', (api) => (container(api).image = 'registry.example:5000/dermlive/api')],
  ['a pod less', 'loses a pod', (api) => (api.spec.strategy.rollingUpdate.maxUnavailable = 1)],
  ['no spread', 'is not spread', (api) => delete pod(api).topologySpreadConstraints],
  ['other labels', 'does not match', (api) => (api.spec.selector.matchLabels = { app: 'api' })],
])('[OPS22] a Deployment with %s is named', (_what, fault, spoil) => {
  const manifests = structuredClone(buildOverlay('production'))
  spoil(manifests.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'api'))
  expect(findWorkloadFaults(manifests).join('\n')).toContain(fault)
})

it.each<[string, (manifests: Manifest[]) => Manifest[], string]>([
  ['budget', (all) => all.filter(({ kind }) => kind !== 'PodDisruptionBudget'), 'has not one disruption budget'],
  ['account', (all) => all.filter(({ kind }) => kind !== 'ServiceAccount'), 'has no account'],
  ['pods of a service', (all) => all.filter(({ kind }) => kind !== 'Deployment'), 'selects not exactly one'],
  ['service of a monitor', (all) => all.filter(({ kind }) => kind !== 'Service'), 'selects not exactly one'],
])('[OPS22] an overlay without the %s is named', (_what, spoil, fault) => {
  const spoilt = spoil(buildOverlay('production'))
  expect([...findWorkloadFaults(spoilt), ...findSelectorFaults(spoilt)].join('\n')).toContain(fault)
})

it('the settings of the Redis in the cluster are those of infra/redis, on an address that others reach', () => {
  const own = readFileSync(join(ROOT, 'infra/redis/redis.conf'), 'utf8')
  const there = readFileSync(join(ROOT, 'k8s/components/redis-standalone/redis.conf'), 'utf8')
  expect(there).toBe(own.replace('bind 127.0.0.1', 'bind 0.0.0.0'))
})
