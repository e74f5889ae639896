import { ADAPTER_KEY } from '@derm/contract'
import { systemClock, withTimeout, type Logger } from '@derm/core'
import type { RedisClient } from '@derm/core/redis'
import type { RealtimeMetrics } from './metrics/realtime-metrics.ts'

const EVERY_MS = 500
const ANSWER_MS = 1_000
/** A connection that is cut and comes back at once is no reason to send clients elsewhere. */
const GRACE_MS = 2_000

/** `event_log`: the messages of the event log. `adapter`: those between the nodes. `heads`: the answers of the event log. */
export type Hears = 'event_log' | 'adapter' | 'heads'

export type HearingOptions = {
  sources: Record<Hears, () => boolean | Promise<boolean>>
  metrics: Pick<RealtimeMetrics, 'hears' | 'deafSeconds'>
  logger: Logger
  now?: () => number
}

/** Whether this node hears what it lives on. A node that does not is not ready, whatever its connections say. [OPS34] */
export class Hearing {
  private readonly heardAt = new Map<Hears, number>()
  private readonly deaf = new Set<Hears>()
  private timer: NodeJS.Timeout | undefined
  private lastAt = 0

  constructor(private readonly options: HearingOptions) {}

  start(): void {
    this.lastAt = this.now()
    const run = () => void this.listen().finally(() => (this.timer = setTimeout(run, EVERY_MS)))
    this.timer = setTimeout(run, 0)
  }

  stop(): void {
    clearTimeout(this.timer)
    this.timer = undefined
  }

  isHearing(): boolean {
    const now = this.now()
    return this.names().every((name) => now - (this.heardAt.get(name) ?? -Infinity) <= GRACE_MS)
  }

  /** One look at all sources. */
  async listen(): Promise<void> {
    const { sources, metrics } = this.options
    const askedAt = this.now()
    const seconds = (askedAt - this.lastAt) / 1000
    this.lastAt = askedAt
    await Promise.all(
      this.names().map(async (name) => {
        const hears = await withTimeout(systemClock, ANSWER_MS, name, (async () => sources[name]())()).catch(
          () => false,
        )
        metrics.hears.set({ where: name }, hears ? 1 : 0)
        if (hears) this.heardAt.set(name, askedAt)
        // Counted, so that a fault between two scrapes is seen.
        else metrics.deafSeconds.inc({ where: name }, seconds)
        this.tell(name, hears)
      }),
    )
  }

  private tell(name: Hears, hears: boolean): void {
    if (hears !== this.deaf.has(name)) return
    if (hears) this.deaf.delete(name)
    else this.deaf.add(name)
    if (hears) this.options.logger.info({ reason: name }, 'the node hears again')
    else this.options.logger.warn({ reason: name }, 'the node does not hear what it lives on')
  }

  private names(): Hears[] {
    return Object.keys(this.options.sources) as Hears[]
  }

  private now(): number {
    return this.options.now?.() ?? performance.now()
  }
}

/** Asks for the adapter's own subscriptions once more: the server's answer says whether they are there, and makes them where they were lost. */
export function probeAdapter(redis: RedisClient): () => Promise<boolean> {
  return async () => {
    if (redis.status !== 'ready') return false
    await Promise.all([
      redis.psubscribe(`${ADAPTER_KEY}#/#*`),
      redis.subscribe(`${ADAPTER_KEY}-request#/#`, `${ADAPTER_KEY}-response#/#`),
    ])
    return true
  }
}
