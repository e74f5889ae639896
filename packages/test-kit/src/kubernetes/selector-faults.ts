import { containersOf, matches, ofKind, workloadsOf, type Manifest } from './manifest.ts'
import { nameOf } from './schema-faults.ts'

type Reference = { kind: string; name: string }
type ServiceSpec = { selector?: Record<string, string>; ports: { name?: string; targetPort?: string | number }[] }
type RouteSpec = { rules?: { backendRefs?: { name: string; port: number }[] }[] }

/** Names and labels that lead to nothing in the same overlay, one a line. [OPS22] */
export function findSelectorFaults(manifests: readonly Manifest[]): string[] {
  const workloads = workloadsOf(manifests)
  const has = (kind: string, name: string) => ofKind(manifests, kind).some(({ metadata }) => metadata.name === name)
  const faults: string[] = []
  const require = (holds: boolean, of: Manifest, what: string) => {
    if (!holds) faults.push(`${nameOf(of)}: ${what}`)
  }

  for (const service of ofKind(manifests, 'Service')) {
    const { selector = {}, ports } = service.spec as ServiceSpec
    const behind = workloads.filter(({ spec }) => matches({ matchLabels: selector }, spec.template.metadata.labels))
    require(behind.length === 1, service, 'selects not exactly one workload')
    const names = behind.flatMap(containersOf).flatMap(({ ports: own = [] }) => own.map(({ name }) => name))
    for (const { targetPort } of ports) require(names.includes(String(targetPort)), service, `has no ${targetPort}`)
  }
  for (const monitor of ofKind(manifests, 'ServiceMonitor')) {
    const { selector, endpoints } = monitor.spec as { selector: object; endpoints: { port: string }[] }
    const services = ofKind(manifests, 'Service').filter(({ metadata }) => matches(selector, metadata.labels ?? {}))
    require(services.length === 1, monitor, 'selects not exactly one service')
    const names = services.flatMap(({ spec }) => (spec as ServiceSpec).ports.map(({ name }) => name))
    for (const { port } of endpoints) require(names.includes(port), monitor, `has no ${port}`)
  }
  for (const route of ofKind(manifests, 'HTTPRoute'))
    for (const { name, port } of ((route.spec as RouteSpec).rules ?? []).flatMap(({ backendRefs = [] }) => backendRefs))
      require(has('Service', name) && port === 80, route, `leads to no service ${name}`)
  for (const scaler of [...ofKind(manifests, 'HorizontalPodAutoscaler'), ...ofKind(manifests, 'ScaledObject')]) {
    const { kind = 'Deployment', name } = scaler.spec!['scaleTargetRef'] as Partial<Reference> & { name: string }
    require(has(kind, name), scaler, `scales no ${kind} ${name}`)
    const target = workloads.find(({ metadata }) => metadata.name === name)
    // Each apply would set the number back.
    require(target?.spec.replicas === undefined, scaler, `${name} has a number of replicas beside its autoscaler`)
  }
  for (const workload of workloads) {
    const { serviceAccountName = 'default', volumes = [] } = workload.spec.template.spec
    require(has('ServiceAccount', serviceAccountName), workload, `has no account ${serviceAccountName}`)
    const mounted = containersOf(workload).flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name))
    for (const { name } of volumes) require(mounted.includes(name), workload, `mounts no ${name}`)
  }
  return faults
}
