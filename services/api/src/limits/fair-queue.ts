import { CodedError } from '@derm/contract'

export type FairQueueOptions = {
  /** How much runs at a time, in all, of one group and of one member. `groups`: groups that get another number than all others. */
  running: { total: number; group: number; member: number; groups?: Readonly<Record<string, number>> }
  /**
   * How much waits at most, so that a queue costs bounded memory and nobody waits for long. Where all together have too much waiting, the group that has
   * most loses its newest, and within one group the member that has most: nobody can fill the queue against another.
   */
  waiting: { total: number; member: number }
}

type Waiter = { start: () => void; refuse: () => void }
type Member = { running: number; waiting: Set<Waiter> }
type Group = { running: number; members: Map<string, Member> }

export interface FairQueue {
  /**
   * Resolves when it is the caller's turn, with what gives the place back. Groups take turns, and within a group its members do: who asks for
   * much waits behind their own requests. `signal`: whoever has left gives up their place in the queue.
   * @throws CodedError `rate_limited` when the member has too much waiting, `unavailable` when all together have, and neither its group nor itself less than others.
   */
  enter(group: string, member: string, signal?: AbortSignal): Promise<() => void>
  readonly waiting: number
}

export function createFairQueue({ running: most, waiting: room }: FairQueueOptions): FairQueue {
  /** Whose turn is longest ago comes first: whoever is served moves to the end. A group or member with nothing to do is forgotten. */
  const groups = new Map<string, Group>()
  let running = 0
  let waiting = 0

  function memberOf(group: string, member: string): { lane: Group; place: Member } {
    const lane = groups.get(group) ?? { running: 0, members: new Map<string, Member>() }
    groups.set(group, lane)
    const place = lane.members.get(member) ?? { running: 0, waiting: new Set<Waiter>() }
    lane.members.set(member, place)
    return { lane, place }
  }

  function forgetIdle(group: string, member: string): void {
    const lane = groups.get(group)
    const place = lane?.members.get(member)
    if (place && place.running === 0 && place.waiting.size === 0) lane?.members.delete(member)
    if (lane?.members.size === 0) groups.delete(group)
  }

  function startNext(): boolean {
    if (running >= most.total) return false
    for (const [group, lane] of groups) {
      if (lane.running >= (most.groups?.[group] ?? most.group)) continue
      for (const [member, place] of lane.members) {
        const [next] = place.waiting
        if (!next || place.running >= most.member) continue
        groups.delete(group)
        groups.set(group, lane)
        lane.members.delete(member)
        lane.members.set(member, place)
        place.waiting.delete(next)
        waiting--
        next.start()
        return true
      }
    }
    return false
  }

  /** Takes a place from the group that has most waiting, for one that has clearly less; else from the member of the same group that has. */
  function makeRoom({ lane, place }: { lane: Group; place: Member }): boolean {
    const longest = [...groups.values()].reduce((a, b) => (countWaiting(b) > countWaiting(a) ? b : a), lane)
    const isOthers = countWaiting(longest) > countWaiting(lane) + 1
    const members = [...(isOthers ? longest : lane).members.values()]
    const busiest = members.reduce((a, b) => (b.waiting.size > a.waiting.size ? b : a))
    if (!isOthers && busiest.waiting.size <= place.waiting.size + 1) return false
    ;[...busiest.waiting].at(-1)!.refuse()
    return true
  }

  return {
    get waiting() {
      return waiting
    },
    enter(group, member, signal) {
      const { lane, place } = memberOf(group, member)
      const refuse = (code: 'rate_limited' | 'unavailable') => {
        forgetIdle(group, member)
        return Promise.reject(new CodedError(code, { retryAfter: 1 }))
      }
      if (place.waiting.size >= room.member) return refuse('rate_limited')
      if (waiting >= room.total && !makeRoom({ lane, place })) return refuse('unavailable')
      return new Promise((resolve, reject) => {
        const leave = () => {
          signal?.removeEventListener('abort', leave)
          if (!place.waiting.delete(waiter)) return
          waiting--
          forgetIdle(group, member)
          reject(new CodedError('unavailable', { retryAfter: 1 }))
        }
        const waiter: Waiter = {
          refuse: leave,
          start() {
            signal?.removeEventListener('abort', leave)
            running++
            lane.running++
            place.running++
            let isOver = false
            resolve(() => {
              if (isOver) return
              isOver = true
              running--
              lane.running--
              place.running--
              forgetIdle(group, member)
              while (startNext());
            })
          },
        }
        place.waiting.add(waiter)
        waiting++
        signal?.addEventListener('abort', leave, { once: true })
        if (signal?.aborted) leave()
        while (startNext());
      })
    },
  }
}

const countWaiting = ({ members }: Group) => [...members.values()].reduce((sum, { waiting }) => sum + waiting.size, 0)
