/**
 * Identical reads at the same time are answered from one computation, per pod. A key is *idle*, or one reader of it *leads*
 * while all who come meanwhile wait for one *next* computation: it begins after they came, so each gets data at least as new
 * as its own request, and an event that five hundred open lists refetch costs two computations, not five hundred.
 */
export interface SharedReads {
  /** Takes the lead of an idle key, and answers how to give it back; `null` when another leads: then `join`. */
  lead(key: string): (() => void) | null
  /** The result of the next computation. Whoever comes first starts it once the one that runs is over; nobody's leaving ends it. */
  join<Result>(key: string, compute: () => Promise<Result>): Promise<Result>
}

type Lane = { running: Promise<unknown>; next?: Promise<unknown> }

export function createSharedReads(onJoined: () => void = () => {}): SharedReads {
  const lanes = new Map<string, Lane>()

  function occupy(key: string, lane: Lane, running: Promise<unknown>): void {
    lane.running = running
    lanes.set(key, lane)
    void running.finally(() => {
      if (lanes.get(key) === lane && lane.running === running && !lane.next) lanes.delete(key)
    })
  }

  return {
    lead(key) {
      if (lanes.has(key)) return null
      let release = () => {}
      const running = new Promise<void>((resolve) => (release = resolve))
      occupy(key, { running }, running)
      return release
    },
    join<Result>(key: string, compute: () => Promise<Result>): Promise<Result> {
      const lane = lanes.get(key)
      if (lane?.next) {
        onJoined()
        return lane.next as Promise<Result>
      }
      const begin = async () => {
        const turn = lanes.get(key) ?? lane ?? { running: Promise.resolve() }
        delete turn.next
        const result = compute()
        occupy(
          key,
          turn,
          result.catch(() => {}),
        )
        return result
      }
      if (!lane) return begin()
      const next = lane.running.then(begin)
      lane.next = next
      return next
    },
  }
}
