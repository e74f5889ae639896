import type { Socket as NetSocket } from 'node:net'

export type PendingLimits = {
  /** Connections of a node that are not admitted yet. */
  total: number
  /** Of these, from one network: an IPv4 address, or an IPv6 /64. */
  perNetwork: number
  /** Those who wait for a place. */
  waiting: number
  /** Admitted and not admitted together. */
  connections: number
}

type Decide = (isTaken: boolean) => void
type Place = { socket: NetSocket; network: string; idleSince: number; isAsking: boolean; release: () => void }
type Waiter = { socket: NetSocket; network: string; since: number; decide: Decide }

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
  private readonly perNetwork = new Map<string, number>()
  private readonly waiters = new Set<Waiter>()
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly limits: PendingLimits,
    private readonly countAdmitted: () => number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get size(): number {
    return this.places.size
  }

  /** Decides at once where a place is free. Where too many wait already, the one that has waited for longest is refused. */
  take(socket: NetSocket, network: string, decide: Decide): void {
    if (this.hasRoom(network)) return this.hold(socket, network, decide)
    for (const oldest of [...this.waiters].slice(0, Math.max(0, this.waiters.size + 1 - this.limits.waiting)))
      this.refuse(oldest)
    const waiter = { socket, network, since: this.now(), decide }
    this.waiters.add(waiter)
    socket.once('close', () => this.waiters.delete(waiter))
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

  private hold(socket: NetSocket, network: string, decide: Decide): void {
    const end = setTimeout(() => socket.destroy(), ADMISSION_MS).unref()
    const release = () => {
      if (!this.places.delete(socket)) return
      clearTimeout(end)
      socket.off('close', release)
      const left = this.countOf(network) - 1
      if (left > 0) this.perNetwork.set(network, left)
      else this.perNetwork.delete(network)
      this.serveWaiting()
    }
    this.places.set(socket, { socket, network, idleSince: this.now(), isAsking: false, release })
    this.perNetwork.set(network, this.countOf(network) + 1)
    if (socket.destroyed) release()
    else socket.once('close', release)
    decide(!socket.destroyed)
  }

  private hasRoom(network: string): boolean {
    const { total, perNetwork, connections } = this.limits
    return (
      this.places.size < total &&
      this.places.size + this.countAdmitted() < connections &&
      this.countOf(network) < perNetwork
    )
  }

  private serveWaiting(): void {
    for (const waiter of [...this.waiters].toReversed()) {
      if (!this.waiters.has(waiter) || !this.hasRoom(waiter.network)) continue
      this.waiters.delete(waiter)
      this.hold(waiter.socket, waiter.network, waiter.decide)
    }
  }

  private sweep(): void {
    const now = this.now()
    for (const waiter of [...this.waiters]) {
      if (now - waiter.since >= WAIT_MS) this.refuse(waiter)
    }
    for (const { network } of [...this.waiters].toReversed()) this.evictIdle(network, now)
    this.serveWaiting()
    if (this.waiters.size > 0) return
    clearInterval(this.timer)
    this.timer = undefined
  }

  private refuse(waiter: Waiter): void {
    this.waiters.delete(waiter)
    waiter.decide(false)
  }

  /** A full network makes room by itself: others lose nothing to it. Where the node is full, the network with the most does. */
  private evictIdle(network: string, now: number): void {
    const isNetworkFull = this.countOf(network) >= this.limits.perNetwork
    let evicted: Place | undefined
    for (const place of this.places.values()) {
      if (place.isAsking || now - place.idleSince < IDLE_MS) continue
      if (isNetworkFull && place.network !== network) continue
      if (!evicted || this.countOf(place.network) > this.countOf(evicted.network)) evicted = place
    }
    evicted?.socket.destroy()
    evicted?.release()
  }

  private countOf(network: string): number {
    return this.perNetwork.get(network) ?? 0
  }
}
