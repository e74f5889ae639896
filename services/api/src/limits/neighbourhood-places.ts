import { CodedError } from '@derm/contract'

export interface NeighbourhoodPlaces {
  /** Takes a place until `leave` is called. @throws CodedError `rate_limited` when the neighbourhood has too many */
  take(neighbourhood: string): () => void
}

/**
 * What one site may have under way in a queue in which networks take turns. An IPv6 /48 is one site and holds 65,536 networks, which would each
 * have a turn and room for waiting.
 */
export function createNeighbourhoodPlaces(most: number): NeighbourhoodPlaces {
  const taken = new Map<string, number>()
  return {
    take(neighbourhood) {
      const count = taken.get(neighbourhood) ?? 0
      if (count >= most) throw new CodedError('rate_limited', { retryAfter: 1 })
      taken.set(neighbourhood, count + 1)
      let isOver = false
      return () => {
        if (isOver) return
        isOver = true
        const left = (taken.get(neighbourhood) ?? 1) - 1
        if (left > 0) taken.set(neighbourhood, left)
        else taken.delete(neighbourhood)
      }
    },
  }
}
