import type { Resource } from '@derm/contract'

export type PendingMutation = { readonly resources: readonly Resource[]; readonly until: number }

/**
 * The mutations that have not settled. The queries of their resources are not fetched meanwhile, since the answers would show what was
 * before the change. Each counts as pending for a limited time, and so does a sequence of them without a break: neither keeps a view old.
 */
export class PendingMutations {
  private readonly pending = new Set<PendingMutation>()

  begin(resources: readonly Resource[], now: number, maxMs: number): PendingMutation {
    let until = now + maxMs
    for (const other of this.pending)
      if (other.until <= now) this.pending.delete(other)
      else if (other.resources.some((resource) => resources.includes(resource))) until = Math.min(until, other.until)
    const mutation = { resources, until }
    this.pending.add(mutation)
    return mutation
  }

  end(mutation: PendingMutation): void {
    this.pending.delete(mutation)
  }

  clear(): void {
    this.pending.clear()
  }

  isPending(resources: readonly Resource[], now: number): boolean {
    for (const { until, resources: changed } of this.pending)
      if (now < until && changed.some((resource) => resources.includes(resource))) return true
    return false
  }
}
