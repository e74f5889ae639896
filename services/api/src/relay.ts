import type { Step } from '@derm/service'

/** What the rest of the pod knows of its relay. */
export type PodRelay = Step & { wake: (partitions: readonly number[]) => void }

export function createPodRelay(): PodRelay {
  return { name: 'relay', wake() {} }
}
