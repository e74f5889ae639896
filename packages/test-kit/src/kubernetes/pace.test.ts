import { describe, expect, it } from 'vitest'
import { ALL_BUILDS, VARIANTS, buildOverlay, buildVariant } from './build-manifests.ts'
import type { Manifest } from './manifest.ts'
import { findPaceFaults } from './pace-faults.ts'

describe.each(ALL_BUILDS)('%s', (_name, build) => {
  it('[OPS22] leaves pods the time for their drain, and takes them away slowly', () => {
    expect(findPaceFaults(build())).toEqual([])
  })
})

const find = (manifests: readonly Manifest[], kind: string, name: string): any =>
  manifests.find((one) => one.kind === kind && one.metadata.name === name)

it.each<[string, (manifests: Manifest[]) => void, string]>([
  [
    'a short grace period',
    (all) => (find(all, 'Deployment', 'realtime').spec.template.spec.terminationGracePeriodSeconds = 60),
    'realtime has 60 s for 5 s and a drain of 90 s',
  ],
  [
    'no preStop',
    (all) => delete find(all, 'Deployment', 'api').spec.template.spec.containers[0].lifecycle,
    'api ends before the front door hears of it',
  ],
  [
    'a fast step',
    (all) => (find(all, 'HorizontalPodAutoscaler', 'realtime').spec.behavior.scaleDown.policies[0].value = 2),
    'realtime: takes pods away too fast',
  ],
  [
    'no behavior',
    (all) => delete find(all, 'HorizontalPodAutoscaler', 'api').spec.behavior,
    'api: takes pods away too fast',
  ],
])('[OPS22] %s is named', (_what, spoil, fault) => {
  const manifests = structuredClone(buildOverlay('production'))
  spoil(manifests)
  expect(findPaceFaults(manifests).join('\n')).toContain(fault)
})

it('both autoscalers of the nodes aim for the same connections and lag, at the same pace', () => {
  const [keda, adapter] = [buildVariant(VARIANTS[0]!), buildVariant(VARIANTS[1]!)]
  const { spec: scaled } = find(keda, 'ScaledObject', 'realtime')
  const { spec: scaler } = find(adapter, 'HorizontalPodAutoscaler', 'realtime')
  expect(scaled.advanced.horizontalPodAutoscalerConfig.behavior).toEqual(scaler.behavior)
  expect([scaled.minReplicaCount, scaled.maxReplicaCount]).toEqual([scaler.minReplicas, scaler.maxReplicas])
  const number = (text: string) => (text.endsWith('m') ? parseFloat(text) / 1000 : Number(text))
  const aims = scaler.metrics.map(({ pods }: any) => [pods.metric.name, number(pods.target.averageValue)])
  expect(aims.map(([name]: [string]) => name)).toEqual(['derm_connections', 'derm_nodejs_eventloop_lag_p99_seconds'])
  for (const [i, { metadata }] of scaled.triggers.entries()) {
    expect(metadata.query).toContain(aims[i][0])
    expect(Number(metadata.threshold)).toBe(aims[i][1])
  }
})

it.each(ALL_BUILDS)('no timeout ends a WebSocket: %s', (_name, build) => {
  const [route] = build().filter(({ kind, metadata }) => kind === 'HTTPRoute' && metadata.name === 'realtime')
  const { rules } = route!.spec as { rules: { timeouts: object }[] }
  expect(rules.map(({ timeouts }) => timeouts)).toEqual([{ request: '0s', backendRequest: '0s' }])
})
