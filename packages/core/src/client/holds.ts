import type { Resource } from '@derm/contract'

export type Hold = { readonly resources: readonly Resource[]; readonly until: number }

/**
 * Resources of which a change is on its way. Their queries are not fetched meanwhile, since the answers would show what was before the
 * change; but not for ever: a change that never settles, or one after the other without a break, must not keep a view old.
 */
export class Holds {
  private readonly open = new Set<Hold>()

  begin(resources: readonly Resource[], now: number, maxMs: number): Hold {
    let until = now + maxMs
    for (const other of this.open)
      if (other.until <= now) this.open.delete(other)
      else if (other.resources.some((resource) => resources.includes(resource))) until = Math.min(until, other.until)
    const hold = { resources, until }
    this.open.add(hold)
    return hold
  }

  clear(): void {
    this.open.clear()
  }

  end(hold: Hold): void {
    this.open.delete(hold)
  }

  isHeld(resources: readonly Resource[], now: number): boolean {
    for (const hold of this.open)
      if (now < hold.until && hold.resources.some((resource) => resources.includes(resource))) return true
    return false
  }
}
