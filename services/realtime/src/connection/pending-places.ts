import type { Socket as NetSocket } from 'node:net'
import { AddressCounts, type Origin } from './address-counts.ts'

export type PendingLimits = {
  /** Connections of a node that are not admitted yet. */
  total: number
  /** Of these, from one network: an IPv4 address, or an IPv6 /64. Its /24 or /48 has twice as many. */
  perNetwork: number
  /** Those who wait for a place; from one network twice as many as have one, and from its neighbourhood twice as many again. */
  waiting: number
  /** Admitted and not admitted together. */
  connections: number
}

type Decide = (isTaken: boolean) => void
type Place = { socket: NetSocket; origin: Origin; idleSince: number; isAsking: boolean; release: () => void }
type Waiter = { socket: NetSocket; origin: Origin; since: number; decide: Decide }

/** How long a connection without a handshake keeps a place that others wait for. */
const IDLE_MS = 1_000
/** How long one waits for a place. */
const WAIT_MS = 5_000
/** How long a connection may take from its upgrade to its admission, handshakes that fail included. */
const ADMISSION_MS = 10_000
const SWEEP_MS = 250

/**
 * Places for connections between their upgrade and their admission. They have shown no token yet, so only their address and their number
 * bound what they cost. A place is taken before anything is awaited. Where none is free, one waits: the newest is served first, because
 * the oldest has likely given up, and who holds a place without asking for admission makes room. [SES26] [SES27]
 */
export class PendingPlaces {
  private readonly places = new Map<NetSocket, Place>()
  private readonly waiters = new Set<Waiter>()
  private readonly held: AddressCounts
  private readonly waiting: AddressCounts
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly limits: PendingLimits,
    private readonly countAdmitted: () => number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.held = new AddressCounts(limits.perNetwork)
    this.waiting = new AddressCounts(limits.perNetwork * 2)
  }

  get size(): number {
    return this.places.size
  }

  /**
   * Decides at once where a place is free. Where a network or its neighbourhood has too many waiting, its own oldest is refused; where all together
   * have, the oldest of the neighbourhood with most is.
   */
  take(socket: NetSocket, origin: Origin, decide: Decide): void {
    if (this.hasRoom(origin)) return this.hold(socket, origin, decide)
    this.makeRoomToWait(origin)
    const waiter = { socket, origin, since: this.now(), decide }
    this.waiters.add(waiter)
    this.waiting.add(origin, 1)
    socket.once('close', () => this.endWaiting(waiter))
    this.timer ??= setInterval(() => this.sweep(), SWEEP_MS).unref()
  }

  /** A handshake of this connection is being looked at: it is not idle. One that was refused has no claim: it is the first to make room. */
  setAsking(socket: NetSocket, isAsking: boolean): void {
    const place = this.places.get(socket)
    if (place) Object.assign(place, isAsking ? { isAsking } : { isAsking, idleSince: -Infinity })
  }

  /** The connection was admitted, or is gone. */
  release(socket: NetSocket): void {
    this.places.get(socket)?.release()
  }

  stop(): void {
    clearInterval(this.timer)
  }

  private makeRoomToWait({ network, neighbourhood }: Origin): void {
    const full = this.waiting.whatIsFull({ network, neighbourhood })
    if (full === null && this.waiters.size < this.limits.waiting) return
    let chosen: Waiter | undefined
    for (const waiter of this.waiters) {
      if (full === 'network' && waiter.origin.network !== network) continue
      if (full === 'neighbourhood' && waiter.origin.neighbourhood !== neighbourhood) continue
      if (!chosen || this.waiting.compare(chosen.origin, waiter.origin) < 0) chosen = waiter
      // The oldest of its own is found.
      if (full !== null) break
    }
    if (chosen) this.refuse(chosen)
  }

  private endWaiting(waiter: Waiter): boolean {
    if (!this.waiters.delete(waiter)) return false
    this.waiting.add(waiter.origin, -1)
    return true
  }

  private hold(socket: NetSocket, origin: Origin, decide: Decide): void {
    const end = setTimeout(() => socket.destroy(), ADMISSION_MS).unref()
    const release = () => {
      if (!this.places.delete(socket)) return
      clearTimeout(end)
      socket.off('close', release)
      this.held.add(origin, -1)
      this.serveWaiting()
    }
    this.places.set(socket, { socket, origin, idleSince: this.now(), isAsking: false, release })
    this.held.add(origin, 1)
    if (socket.destroyed) release()
    else socket.once('close', release)
    decide(!socket.destroyed)
  }

  private hasRoom(origin: Origin): boolean {
    const { total, connections } = this.limits
    return (
      this.places.size < total &&
      this.places.size + this.countAdmitted() < connections &&
      this.held.whatIsFull(origin) === null
    )
  }

  private serveWaiting(): void {
    for (const waiter of [...this.waiters].toReversed()) {
      if (!this.hasRoom(waiter.origin) || !this.endWaiting(waiter)) continue
      this.hold(waiter.socket, waiter.origin, waiter.decide)
    }
  }

  private sweep(): void {
    const now = this.now()
    for (const waiter of [...this.waiters]) {
      if (now - waiter.since >= WAIT_MS) this.refuse(waiter)
    }
    for (const { origin } of [...this.waiters].toReversed()) this.evictIdle(origin, now)
    this.serveWaiting()
    if (this.waiters.size > 0) return
    clearInterval(this.timer)
    this.timer = undefined
  }

  private refuse(waiter: Waiter): void {
    if (this.endWaiting(waiter)) waiter.decide(false)
  }

  /** A full network or neighbourhood makes room by itself: others lose nothing to it. Where the node is full, the neighbourhood with most does. */
  private evictIdle(origin: Origin, now: number): void {
    const full = this.held.whatIsFull(origin)
    let evicted: Place | undefined
    for (const place of this.places.values()) {
      if (place.isAsking || now - place.idleSince < IDLE_MS) continue
      if (full !== null && place.origin[full] !== origin[full]) continue
      if (!evicted || this.held.compare(place.origin, evicted.origin) > 0) evicted = place
    }
    evicted?.socket.destroy()
    evicted?.release()
  }
}
