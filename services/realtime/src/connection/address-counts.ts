import type { ClientAddress } from '@derm/runtime'

/** Where a connection comes from, as limits count it. */
export type Origin = Pick<ClientAddress, 'network' | 'neighbourhood'>

/** The neighbourhood's allowance, in those of one network: an IPv4 /24 or an IPv6 /48, which holds 65,536 networks and may be one holder's. */
const NEIGHBOURS = 2

/** Counts by network and by its neighbourhood at once. */
export class AddressCounts {
  private readonly networks = new Map<string, number>()
  private readonly neighbourhoods = new Map<string, number>()

  constructor(private readonly perNetwork: number) {}

  add({ network, neighbourhood }: Origin, by: 1 | -1): void {
    addTo(this.networks, network, by)
    addTo(this.neighbourhoods, neighbourhood, by)
  }

  /** What of these has no room left for one more; `null` when both have. */
  whatIsFull({ network, neighbourhood }: Origin): 'network' | 'neighbourhood' | null {
    if ((this.networks.get(network) ?? 0) >= this.perNetwork) return 'network'
    return (this.neighbourhoods.get(neighbourhood) ?? 0) >= this.perNetwork * NEIGHBOURS ? 'neighbourhood' : null
  }

  /** Negative: `a`'s neighbourhood has fewer, or as many and its network has. */
  compare(a: Origin, b: Origin): number {
    const count = (counts: ReadonlyMap<string, number>, key: string) => counts.get(key) ?? 0
    return (
      count(this.neighbourhoods, a.neighbourhood) - count(this.neighbourhoods, b.neighbourhood) ||
      count(this.networks, a.network) - count(this.networks, b.network)
    )
  }
}

function addTo(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
