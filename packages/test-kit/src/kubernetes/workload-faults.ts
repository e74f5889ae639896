import {
  containersOf,
  matches,
  ofKind,
  workloadsOf,
  type Container,
  type Manifest,
  type Selector,
  type Workload,
} from './manifest.ts'
import { nameOf } from './schema-faults.ts'

/** What our own rules refuse though Kubernetes takes it, one a line. [OPS22] */
export function findWorkloadFaults(manifests: readonly Manifest[]): string[] {
  return workloadsOf(manifests).flatMap((workload) => {
    const about = (faults: readonly string[]) => faults.map((fault) => `${nameOf(workload)}: ${fault}`)
    return [
      ...containersOf(workload).flatMap((container) =>
        about(findContainerFaults(container, workload).map((fault) => `${container.name} ${fault}`)),
      ),
      ...about(findPodFaults(workload)),
      ...about(findImageFaults(workload)),
      ...(workload.kind === 'Deployment' ? about(findReplacementFaults(workload, manifests)) : []),
    ]
  })
}

const faultsOf = (rules: Record<string, boolean | undefined>): string[] =>
  Object.entries(rules).flatMap(([fault, holds]) => (holds ? [] : [fault]))

function findContainerFaults(container: Container, { kind }: Workload): string[] {
  const { securityContext: rights, resources, ports = [] } = container
  const { startupProbe, livenessProbe, readinessProbe } = container
  const names = new Set(ports.map(({ name }) => name))
  const probes = [startupProbe, livenessProbe, readinessProbe].filter((probe) => probe !== undefined)
  // What ends by itself is watched by its deadline.
  const isServing = kind !== 'Job'
  return faultsOf({
    'has no startup probe': !isServing || startupProbe !== undefined,
    'has no liveness probe': !isServing || livenessProbe !== undefined,
    'has no readiness probe': !isServing || readinessProbe !== undefined,
    'is probed on a port without a name here': probes.every(({ httpGet, tcpSocket }) => {
      const port = (httpGet ?? tcpSocket)?.port
      return port === undefined || names.has(String(port))
    }),
    'has a port without a name': ports.every(({ name }) => name !== undefined),
    'requests no CPU': resources?.requests?.['cpu'] !== undefined,
    'requests no memory': resources?.requests?.['memory'] !== undefined,
    'has no limit of memory': resources?.limits?.['memory'] !== undefined,
    'may gain rights': rights?.allowPrivilegeEscalation === false && rights.privileged !== true,
    'may write to its root': rights?.readOnlyRootFilesystem === true,
    'keeps capabilities': rights?.capabilities?.drop?.includes('ALL') && rights.capabilities.add === undefined,
    'runs as root': rights?.runAsUser !== 0,
  })
}

function findPodFaults({ kind, spec }: Workload): string[] {
  const pod = spec.template.spec
  return faultsOf({
    'may run as root': pod.securityContext?.runAsNonRoot === true && pod.securityContext.runAsUser !== 0,
    'has no seccomp profile': pod.securityContext?.seccompProfile?.type === 'RuntimeDefault',
    'has a token of the cluster': pod.automountServiceAccountToken === false,
    'has the account that all share': pod.serviceAccountName !== undefined && pod.serviceAccountName !== 'default',
    'is told of all services by its environment': pod.enableServiceLinks === false,
    'shares the machine': !pod.hostNetwork && !pod.hostPID && !pod.hostIPC && pod.volumes?.every(isOwn) !== false,
    'has no deadline': kind !== 'Job' || spec.activeDeadlineSeconds !== undefined,
    'does not match its own selector':
      spec.selector === undefined || matches(spec.selector, spec.template.metadata.labels),
  })
}

const isOwn = ({ hostPath }: { hostPath?: unknown }) => hostPath === undefined

function findImageFaults(workload: Workload): string[] {
  return containersOf(workload).flatMap(({ name, image }) => {
    const version = /@sha256:[0-9a-f]{64}$|:[\w.-]+$/.exec(image)?.[0]
    return version === undefined || version === ':latest' ? [`${name} has an image without a version: ${image}`] : []
  })
}

/** A Deployment is replaced, and its machines are emptied, without fewer pods than before. */
function findReplacementFaults({ spec }: Workload, manifests: readonly Manifest[]): string[] {
  const { labels } = spec.template.metadata
  const isOfIt = (manifest: Manifest) => {
    const selector = manifest.spec?.['selector'] as Selector | undefined
    return selector !== undefined && matches(selector, labels)
  }
  const spread = spec.template.spec.topologySpreadConstraints ?? []
  return faultsOf({
    'loses a pod before it has the next': spec.strategy?.rollingUpdate?.maxUnavailable === 0,
    'has not one disruption budget': ofKind(manifests, 'PodDisruptionBudget').filter(isOfIt).length === 1,
    'is not spread over machines and zones': ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].every((key) =>
      spread.some(({ topologyKey, labelSelector }) => topologyKey === key && matches(labelSelector, labels)),
    ),
  })
}
