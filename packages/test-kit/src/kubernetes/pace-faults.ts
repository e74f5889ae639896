import { containersOf, ofKind, workloadsOf, type Manifest } from './manifest.ts'
import { nameOf } from './schema-faults.ts'
import { givenTo } from './variables.ts'

/** For a machine that is slow, beside preStop and the drain. */
const SPARE_SECONDS = 5
const SLOWEST_STEP_SECONDS = 60
const SHORTEST_WAIT_SECONDS = 600

type Behavior = {
  scaleDown?: {
    stabilizationWindowSeconds?: number
    policies?: { type: string; value: number; periodSeconds: number }[]
  }
}

/** Pods that are killed while they drain, and autoscalers that take pods away too fast, one a line. [OPS22] */
export const findPaceFaults = (manifests: readonly Manifest[]): string[] => [
  ...findDrainFaults(manifests),
  ...findScalingFaults(manifests),
]

function findDrainFaults(manifests: readonly Manifest[]): string[] {
  const deployments = workloadsOf(manifests).filter(({ kind }) => kind === 'Deployment')
  return deployments.flatMap((workload) =>
    containersOf(workload).flatMap((container) => {
      const about = (fault: string) => [`${nameOf(workload)}: ${container.name} ${fault}`]
      const waits = container.lifecycle?.preStop?.sleep?.seconds
      if (waits === undefined) return about('ends before the front door hears of it')
      const drain = Number(givenTo(container, manifests).get('SHUTDOWN_GRACE_MS') ?? NaN) / 1000
      const has = workload.spec.template.spec.terminationGracePeriodSeconds ?? 30
      return has >= waits + drain + SPARE_SECONDS ? [] : about(`has ${has} s for ${waits} s and a drain of ${drain} s`)
    }),
  )
}

function behaviorOf({ kind, spec = {} }: Manifest): Behavior | undefined {
  if (kind === 'HorizontalPodAutoscaler') return spec['behavior'] as Behavior | undefined
  const advanced = spec['advanced'] as { horizontalPodAutoscalerConfig?: { behavior?: Behavior } } | undefined
  return advanced?.horizontalPodAutoscalerConfig?.behavior
}

function findScalingFaults(manifests: readonly Manifest[]): string[] {
  const scalers = [...ofKind(manifests, 'HorizontalPodAutoscaler'), ...ofKind(manifests, 'ScaledObject')]
  return scalers.flatMap((scaler) => {
    const { stabilizationWindowSeconds = 0, policies = [] } = behaviorOf(scaler)?.scaleDown ?? {}
    const isSlow = policies.every(
      ({ type, value, periodSeconds }) => type === 'Pods' && value === 1 && periodSeconds >= SLOWEST_STEP_SECONDS,
    )
    return stabilizationWindowSeconds >= SHORTEST_WAIT_SECONDS && isSlow && policies.length > 0
      ? []
      : [`${nameOf(scaler)}: takes pods away too fast`]
  })
}
