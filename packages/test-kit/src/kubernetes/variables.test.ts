import { describe, expect, it } from 'vitest'
import { ALL_BUILDS, buildOverlay } from './build-manifests.ts'
import { findSecretFaults, findVariableFaults } from './variables.ts'

describe.each(ALL_BUILDS)('%s', (_name, build) => {
  it('[OPS24] gives each program what it requires, and nothing that it does not read', () => {
    expect(findVariableFaults(build())).toEqual([])
  })
  it('[OPS24] has each secret that its pods name', () => {
    expect(findSecretFaults(build())).toEqual([])
  })
})

const find = (manifests: any[], kind: string, name: string) =>
  manifests.find((one) => one.kind === kind && (one.metadata.name === name || one.metadata.name.startsWith(`${name}-`)))
const container = (manifest: any) => manifest.spec.template.spec.containers[0]

it.each<[string, (manifests: any[]) => void, string]>([
  ['an origin', (all) => delete find(all, 'ConfigMap', 'common').data.PUBLIC_ORIGINS, 'is not given PUBLIC_ORIGINS'],
  ['an empty origin', (all) => (find(all, 'ConfigMap', 'common').data.PUBLIC_ORIGINS = ''), 'is not given PUBLIC_ORI'],
  ['a url', (all) => container(find(all, 'Deployment', 'api')).env.splice(1, 1), 'api is not given DATABASE_URL'],
  ['a ConfigMap', (all) => (find(all, 'ConfigMap', 'common').metadata.name = 'other'), 'is not given PORT'],
  ['a name', (all) => (find(all, 'ConfigMap', 'realtime').data.MAX_CONECTIONS = '5'), 'does not read MAX_CONECTIONS'],
  ['a program', (all) => (container(find(all, 'Job', 'migration')).command = ['node', '/app/m.js']), 'does not know'],
  ['a secret', (all) => find(all, 'ExternalSecret', 'api').spec.data.shift(), 'the secret api/database-url'],
  [
    'a mounted secret',
    (all) => all.splice(all.indexOf(find(all, 'ExternalSecret', 'signing-keys')), 1),
    'the secret signing-keys',
  ],
])('[OPS24] %s that is missing or wrong is named', (_what, spoil, fault) => {
  const manifests = structuredClone(buildOverlay('production'))
  spoil(manifests)
  expect([...findVariableFaults(manifests), ...findSecretFaults(manifests)].join('\n')).toContain(fault)
})
