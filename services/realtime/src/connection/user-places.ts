import type { UserId } from '@derm/contract'

/** How long a connection is left in peace: connections that push each other out must not do so all the time. */
const SETTLED_MS = 2_000

type Place<Holder> = {
  holder: Holder
  /** Since its admission; `undefined` before that. */
  since: number | undefined
  /** It makes room for another one, once that is admitted. */
  isLeaving: boolean
  /** What makes room for it. */
  successorOf: Place<Holder> | undefined
}

export type UserPlacesOptions<Holder> = {
  limit: number
  /** How long the holder has asked for nothing: the largest makes room first. `null`: it cannot make room. */
  idleMs(holder: Holder): number | null
  /** Ends the holder, which releases its place. */
  makeRoom(holder: Holder): void
  now?(): number
}

/**
 * Counts each user's connections to this node, from the tick in which their token was verified. At the limit the newest is let in and
 * another one makes room. Where few nodes are left, all windows of a person come to them; and a person whose computer woke up would else
 * be kept out by connections that nobody holds any more. What makes room is one that follows nothing, else the one that has asked for nothing for
 * longest. It goes only when the newcomer's handshake is good: a token of an ended session ends nothing. [SES25]
 */
export class UserPlaces<Holder extends object> {
  private readonly byUser = new Map<UserId, Map<Holder, Place<Holder>>>()
  private readonly users = new WeakMap<Holder, UserId>()

  constructor(private readonly options: UserPlacesOptions<Holder>) {}

  /** @returns whether there is a place; it counts from now on, until it is released. */
  take(userId: UserId, holder: Holder): boolean {
    const places = this.byUser.get(userId) ?? new Map<Holder, Place<Holder>>()
    const isFull = places.size >= this.options.limit
    const idlest = isFull ? this.findIdlest(places) : undefined
    if (isFull && !idlest) return false
    if (idlest) idlest.isLeaving = true
    places.set(holder, { holder, since: undefined, isLeaving: false, successorOf: idlest })
    this.byUser.set(userId, places)
    this.users.set(holder, userId)
    return true
  }

  /** The holder is admitted: now the one that makes room for it ends. */
  confirm(holder: Holder): void {
    const places = this.placesOf(holder)
    const place = places?.get(holder)
    if (!place) return
    place.since = this.now()
    const { successorOf: leaving } = place
    place.successorOf = undefined
    if (leaving && places?.has(leaving.holder)) this.options.makeRoom(leaving.holder)
  }

  /** Also when its handshake has failed, on whatever path: then nothing makes room for it. */
  release(holder: Holder): void {
    const userId = this.users.get(holder)
    const places = this.placesOf(holder)
    const place = places?.get(holder)
    if (userId === undefined || !places || !place) return
    if (place.successorOf) place.successorOf.isLeaving = false
    places.delete(holder)
    this.users.delete(holder)
    if (places.size === 0) this.byUser.delete(userId)
  }

  countOf(userId: UserId): number {
    return this.byUser.get(userId)?.size ?? 0
  }

  private placesOf(holder: Holder): Map<Holder, Place<Holder>> | undefined {
    const userId = this.users.get(holder)
    return userId === undefined ? undefined : this.byUser.get(userId)
  }

  private findIdlest(places: ReadonlyMap<Holder, Place<Holder>>): Place<Holder> | undefined {
    const now = this.now()
    let idlest: Place<Holder> | undefined
    let longest = -1
    for (const place of places.values()) {
      if (place.isLeaving || place.since === undefined || now - place.since < SETTLED_MS) continue
      const idleMs = this.options.idleMs(place.holder) ?? -1
      if (idleMs > longest) [idlest, longest] = [place, idleMs]
    }
    return idlest
  }

  private now(): number {
    return this.options.now?.() ?? performance.now()
  }
}
