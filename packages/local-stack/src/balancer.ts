/** What the front door sends requests to. `name`: as it calls itself to clients. */
export type Upstream = { url: string; name?: string; isReady(): Promise<boolean> }

const LOOK_EVERY_MS = 500

/** Knows which of several servers are ready, as far as their own word of half a second ago says so, and how many sockets each has. */
export class Balancer {
  private readonly ready = new Set<Upstream>()
  private readonly sockets = new Map<Upstream, number>()
  private turn = 0
  private timers: NodeJS.Timeout[] = []

  constructor(private readonly upstreams: readonly Upstream[]) {}

  /** Resolves when each has been asked once. From then on each is asked by itself: one that is frozen delays no word of another. */
  async start(): Promise<void> {
    const looks = this.upstreams.map((upstream) => {
      let isLooking = false
      return async () => {
        if (isLooking) return
        isLooking = true
        const isReady = await upstream.isReady().catch(() => false)
        if (isReady) this.ready.add(upstream)
        else this.ready.delete(upstream)
        isLooking = false
      }
    })
    await Promise.all(looks.map((look) => look()))
    this.timers = looks.map((look) => setInterval(() => void look(), LOOK_EVERY_MS))
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer)
  }

  /** For a request: each in turn. */
  next(): Upstream | undefined {
    const ready = this.inTurn()
    return ready[0]
  }

  /** For a socket, which stays: the one that has the fewest, except those. */
  least(except: (upstream: Upstream) => boolean): Upstream | undefined {
    const candidates = this.inTurn().filter((upstream) => !except(upstream))
    return candidates.toSorted((a, b) => this.countOf(a) - this.countOf(b))[0]
  }

  /** A socket was given to it. @returns what to call once it has ended. */
  hold(upstream: Upstream): () => void {
    this.sockets.set(upstream, this.countOf(upstream) + 1)
    let isHeld = true
    return () => {
      if (isHeld) this.sockets.set(upstream, this.countOf(upstream) - 1)
      isHeld = false
    }
  }

  private countOf(upstream: Upstream): number {
    return this.sockets.get(upstream) ?? 0
  }

  private inTurn(): Upstream[] {
    const ready = this.upstreams.filter((upstream) => this.ready.has(upstream))
    const first = ready.length === 0 ? 0 : this.turn++ % ready.length
    return [...ready.slice(first), ...ready.slice(0, first)]
  }
}
