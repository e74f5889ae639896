/** One object as it is applied. What it has beyond these is its kind's. */
export type Manifest = {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> }
  spec?: Record<string, unknown>
  data?: Record<string, string>
}

export type EnvVar = {
  name: string
  value?: string
  valueFrom?: {
    secretKeyRef?: { name: string; key: string; optional?: boolean }
    fieldRef?: { fieldPath: string }
  }
}
export type Probe = { httpGet?: { path: string; port: string | number }; tcpSocket?: { port: string | number } }

export type Container = {
  name: string
  image: string
  command?: string[]
  ports?: { name?: string; containerPort: number }[]
  env?: EnvVar[]
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[]
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[]
  startupProbe?: Probe
  livenessProbe?: Probe
  readinessProbe?: Probe
  lifecycle?: { preStop?: { sleep?: { seconds: number } } }
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> }
  securityContext?: {
    allowPrivilegeEscalation?: boolean
    readOnlyRootFilesystem?: boolean
    privileged?: boolean
    runAsUser?: number
    capabilities?: { add?: string[]; drop?: string[] }
  }
}

export type PodSpec = {
  containers: Container[]
  initContainers?: Container[]
  serviceAccountName?: string
  automountServiceAccountToken?: boolean
  enableServiceLinks?: boolean
  hostNetwork?: boolean
  hostPID?: boolean
  hostIPC?: boolean
  terminationGracePeriodSeconds?: number
  securityContext?: {
    runAsNonRoot?: boolean
    runAsUser?: number
    seccompProfile?: { type: string }
  }
  topologySpreadConstraints?: { topologyKey: string; labelSelector: Selector }[]
  volumes?: { name: string; secret?: { secretName: string }; hostPath?: unknown }[]
}

export type Selector = {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'; values?: string[] }[]
}

/** What runs containers: a Deployment, a StatefulSet or a Job. */
export type Workload = Manifest & {
  spec: {
    replicas?: number
    selector?: Selector
    activeDeadlineSeconds?: number
    strategy?: { rollingUpdate?: { maxUnavailable?: number | string; maxSurge?: number | string } }
    template: { metadata: { labels: Record<string, string> }; spec: PodSpec }
  }
}

export function workloadsOf(manifests: readonly Manifest[]): Workload[] {
  return manifests.filter((manifest): manifest is Workload =>
    ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Pod', 'ReplicaSet'].includes(manifest.kind),
  )
}

export const containersOf = ({ spec }: Workload): Container[] => [
  ...(spec.template.spec.initContainers ?? []),
  ...spec.template.spec.containers,
]

export const ofKind = (manifests: readonly Manifest[], kind: string) =>
  manifests.filter((manifest) => manifest.kind === kind)

export function matches(selector: Selector, labels: Readonly<Record<string, string>>): boolean {
  const isEqual = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value)
  return (
    isEqual &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key]
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value)
        case 'NotIn':
          return value === undefined || !values.includes(value)
        case 'Exists':
          return value !== undefined
        case 'DoesNotExist':
          return value === undefined
      }
    })
  )
}
