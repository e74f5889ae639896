import { describe, expect, it } from 'vitest'
import { ALL_BUILDS, VARIANTS, buildOverlay, buildVariant } from './build-manifests.ts'
import { findUncovered, readArrows } from './arrows.ts'
import type { Manifest } from './manifest.ts'

const DNS = ['api', 'migration', 'realtime'].map((name) => `${name} → kube-system/kube-dns:53`)
const GATEWAY = ['api', 'realtime', 'web'].map((name) => `envoy-gateway-system → ${name}:http`)
const PROMETHEUS = ['api', 'realtime', 'web'].map((name) => `monitoring/prometheus → ${name}:admin`)
const JWKS = ['realtime → api:http']
const postgres = (to: string) => ['api', 'migration', 'realtime'].map((name) => `${name} → ${to}`)
const redis = (to: string) => ['api', 'realtime'].map((name) => `${name} → ${to}`)

describe('the network policies', () => {
  it.each<[string, () => Manifest[], string[]]>([
    [
      'production',
      () => buildOverlay('production'),
      [DNS, GATEWAY, PROMETHEUS, JWKS, postgres('10.96.20.0/24:5432'), redis('10.96.10.0/24:6379')].flat(),
    ],
    [
      'dev',
      () => buildOverlay('dev'),
      [
        ...[DNS, GATEWAY, JWKS, postgres('postgres:postgres'), redis('redis:redis')].flat(),
        ...['seed → kube-system/kube-dns:53', 'seed → postgres:postgres'],
      ],
    ],
    [
      'Sentinel',
      () => buildVariant(VARIANTS[0]!),
      [
        ...[DNS, GATEWAY, PROMETHEUS, JWKS, postgres('192.0.2.0/24:5432')].flat(),
        ...[redis('192.0.2.0/24:6379'), redis('192.0.2.0/24:26379')].flat(),
      ],
    ],
    [
      'public keys by https',
      () => buildVariant(VARIANTS[2]!),
      [
        ...[DNS, GATEWAY, postgres('192.0.2.0/24:5432'), redis('192.0.2.0/24:6379')].flat(),
        'realtime → 192.0.2.0/24:443',
      ],
    ],
  ])('[OPS23] allow each arrow of the architecture and no other: %s', (_name, build, expected) => {
    expect(readArrows(build())).toEqual({ arrows: expected.sort(), halves: [] })
  })

  it.each(ALL_BUILDS)('[OPS23] cover every pod, both ways, and have no half arrows: %s', (_name, build) => {
    expect(findUncovered(build())).toEqual([])
    expect(readArrows(build()).halves).toEqual([])
  })

  it('[OPS23] that let more through are noticed', () => {
    const without = (name: string) => buildOverlay('production').filter(({ metadata }) => metadata.name !== name)
    expect(findUncovered(without('default-deny'))).toContain('web: Egress')
    expect(readArrows(without('api-from-realtime')).halves).toEqual(['realtime → api:http'])
    const open = structuredClone(buildOverlay('production'))
    const policy = open.find(({ metadata }) => metadata.name === 'to-redis')!
    policy.spec!['egress'] = [{}]
    expect(readArrows(open).arrows).toContain('api → everywhere:every port')
  })
})
