import { containersOf, matches, ofKind, workloadsOf, type Manifest, type Selector, type Workload } from './manifest.ts'

type Peer = { podSelector?: Selector; namespaceSelector?: Selector; ipBlock?: { cidr: string } }
type Rule = { from?: Peer[]; to?: Peer[]; ports?: { port: number | string; protocol?: string }[] }
type Policy = { podSelector: Selector; policyTypes: string[]; ingress?: Rule[]; egress?: Rule[] }

const policiesOf = (manifests: readonly Manifest[]) =>
  ofKind(manifests, 'NetworkPolicy').map(({ spec }) => spec as unknown as Policy)

const labelsOf = ({ spec }: Workload) => spec.template.metadata.labels

/** A port by its name, as the pods that are asked call it; else by its number. */
function namePort(port: number | string, target?: Workload): string {
  if (!target) return String(port)
  const ports = containersOf(target).flatMap(({ ports: own = [] }) => own)
  const found = ports.find(({ name, containerPort }) => name === port || containerPort === port)
  return found?.name ?? `no port ${port}`
}

const nameOutside = ({ namespaceSelector, podSelector, ipBlock }: Peer): string =>
  ipBlock
    ? ipBlock.cidr
    : [...Object.values(namespaceSelector?.matchLabels ?? {}), ...Object.values(podSelector?.matchLabels ?? {})].join(
        '/',
      )

/** `a → b:port` for each rule of one direction; inside of the namespace both ends are workloads. */
function arrowsOf(manifests: readonly Manifest[], direction: 'Ingress' | 'Egress'): Set<string> {
  const workloads = workloadsOf(manifests)
  const arrows = new Set<string>()
  const add = (own: Workload, peer: Peer, port: number | string) => {
    const isInside = peer.podSelector !== undefined && peer.namespaceSelector === undefined
    const others = isInside ? workloads.filter((one) => matches(peer.podSelector!, labelsOf(one))) : [undefined]
    for (const other of others) {
      const name = other?.metadata.name ?? nameOutside(peer)
      const [from, to, target] =
        direction === 'Egress' ? [own.metadata.name, name, other] : [name, own.metadata.name, own]
      arrows.add(`${from} → ${to}:${namePort(port, target)}`)
    }
  }
  for (const policy of policiesOf(manifests)) {
    const own = workloads.filter((workload) => matches(policy.podSelector, labelsOf(workload)))
    for (const rule of (direction === 'Egress' ? policy.egress : policy.ingress) ?? []) {
      // A rule without peers or ports lets everybody, or everything, through.
      const peers = (direction === 'Egress' ? rule.to : rule.from) ?? [{ ipBlock: { cidr: 'everywhere' } }]
      const ports = rule.ports ?? [{ port: 'every port' }]
      for (const workload of own) for (const peer of peers) for (const { port } of ports) add(workload, peer, port)
    }
  }
  return arrows
}

/**
 * Who may reach whom by the network policies. Between two pods an arrow needs both ends: what only one end allows is a fault, since it says what
 * does not hold. [OPS23]
 */
export function readArrows(manifests: readonly Manifest[]): { arrows: string[]; halves: string[] } {
  const names = new Set(workloadsOf(manifests).map(({ metadata }) => metadata.name))
  const out = arrowsOf(manifests, 'Egress')
  const into = arrowsOf(manifests, 'Ingress')
  const isInside = (arrow: string) => {
    const [from, to] = arrow.split(' → ')
    return names.has(from!) && names.has(to!.split(':')[0]!)
  }
  const all = [...new Set([...out, ...into])].sort()
  const halves = all.filter((arrow) => isInside(arrow) && !(out.has(arrow) && into.has(arrow)))
  return { arrows: all.filter((arrow) => !halves.includes(arrow)), halves }
}

/** Workloads to which a direction is open, since no policy speaks of it. */
export function findUncovered(manifests: readonly Manifest[]): string[] {
  return workloadsOf(manifests).flatMap((workload) => {
    const own = policiesOf(manifests).filter(({ podSelector }) => matches(podSelector, labelsOf(workload)))
    return ['Ingress', 'Egress']
      .filter((direction) => !own.some(({ policyTypes }) => policyTypes.includes(direction)))
      .map((direction) => `${workload.metadata.name}: ${direction}`)
  })
}
