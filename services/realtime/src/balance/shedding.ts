import type { Logger } from '@derm/core'
import type { Member } from '../connection/member.ts'
import type { Members } from '../connection/members.ts'
import { sendAway } from '../connection/send-away.ts'
import type { RealtimeMetrics } from '../metrics/realtime-metrics.ts'
import { chooseLeaving } from './choose-leaving.ts'
import type { NodeLoads } from './node-loads.ts'
import { Surplus, type SurplusOptions } from './surplus.ts'

const ROUND_MS = 1_000

export type SheddingOptions = SurplusOptions & {
  members: Members
  loads: NodeLoads
  metrics: Pick<RealtimeMetrics, 'connectionsShed' | 'meanConnections'>
  logger: Logger
  /** This node's name, which the clients are asked to avoid. */
  node: string
  isOpen: () => boolean
}

/**
 * An overfull node sends a few of its clients away each second, as one that is replaced does with all of them, until it is near the mean of
 * the nodes. [SES38]
 */
export class Shedding {
  private readonly surplus: Surplus
  private readonly leaving = new Set<Member>()
  private timer: NodeJS.Timeout | undefined
  private lookedAt = performance.now()

  constructor(private readonly options: SheddingOptions) {
    this.surplus = new Surplus(options)
  }

  /** It would rather not have back whom it has just sent away. */
  get isOverfull(): boolean {
    return this.surplus.isOverfull
  }

  start(): void {
    this.timer = setInterval(() => void this.look(), ROUND_MS)
  }

  stop(): void {
    clearInterval(this.timer)
  }

  private async look(): Promise<void> {
    const { members, loads, metrics, logger, node, maxPerSecond, isOpen } = this.options
    const now = performance.now()
    const seconds = (now - this.lookedAt) / 1_000
    this.lookedAt = now
    if (!isOpen()) return
    const wasOverfull = this.isOverfull
    const own = members.size - this.leaving.size
    const count = this.surplus.take({ own, others: loads.open(), settledMs: loads.settledMs(), seconds })
    metrics.meanConnections.set(this.surplus.mean)
    if (this.isOverfull && !wasOverfull) logger.info({ count: own }, 'this node has more connections than the others')
    const staying = count > 0 ? members.all().filter((member) => !this.leaving.has(member)) : []
    const chosen = chooseLeaving(staying, count)
    for (const member of chosen) this.leaving.add(member)
    metrics.connectionsShed.inc(chosen.length)
    await sendAway(members, chosen, { node, perSecond: maxPerSecond, withinMs: ROUND_MS })
    for (const member of chosen) this.leaving.delete(member)
  }
}
