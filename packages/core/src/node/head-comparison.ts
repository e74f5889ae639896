import type { ChannelName, Position } from '@derm/contract'
import type { Timer } from '../clock.ts'
import { delay } from '../delay.ts'
import { EVERY_SHARD, shardOf } from '../event-log/shard.ts'
import type { ChannelRegistry } from './channel-registry.ts'
import type { HubOptions, HubSettings } from './hub-options.ts'
import type { NodeChannel } from './node-channel.ts'

/** `head`: the comparison of every second. `break`: the one after a break, or after access was confirmed again. */
export type ComparisonKind = 'head' | 'break'

/** Compares each channel's head with the event log's, and repairs what is missing. [REC2] [REC9] */
export class HeadComparison<Member> {
  private timer: Timer | undefined
  private silentInARow = 0
  private isStopped = false
  /** When the event log was last asked, and answered. A node that has not asked yet knows of nothing. */
  private answeredAt = -Infinity
  /** When any shard's caught-up lease was last found good. */
  private relayHeardAt = -Infinity
  /** Of each shard: when its caught-up lease was last found good, and the channels that it said nothing of. */
  private readonly caughtUp = new Map<number, { askedAt: number; except: ReadonlySet<ChannelName> }>()

  constructor(
    private readonly registry: ChannelRegistry<Member>,
    private readonly options: HubOptions<Member> & { settings: HubSettings },
  ) {}

  /** Resolves when it has compared once, or could not. */
  async start(): Promise<void> {
    await this.run('break').catch((error: unknown) => {
      this.options.logger.warn({ error }, 'the event log could not be asked yet')
    })
    if (!this.isStopped) this.schedule()
  }

  stop(): void {
    this.isStopped = true
    this.options.clock.clearTimeout(this.timer)
  }

  /** Whether this node as a whole knows of nothing, or may not deliver it, or no relay speaks at all: it concerns every client. */
  isCutOff(): boolean {
    return !this.options.isConfirmed() || this.isOld(this.answeredAt) || this.isOld(this.relayHeardAt)
  }

  /** Whether the event log has answered of late what it was asked. */
  hasAnswered(): boolean {
    return !this.isOld(this.answeredAt)
  }

  /** The channels of which there may be events that this node does not know of: it concerns their members, and nobody else. [SEC23] */
  late(): NodeChannel<Member>[] {
    return this.registry.subscribed().filter((channel) => {
      const lease = this.caughtUp.get(shardOf(channel.name))
      return !lease || this.isOld(lease.askedAt) || lease.except.has(channel.name) || this.isOld(channel.inSyncAt)
    })
  }

  private isOld(at: number): boolean {
    return this.options.clock.elapsed() - at > this.options.settings.laggingAfterMs
  }

  async run(kind: ComparisonKind): Promise<void> {
    const { eventLog, clock, settings, isConfirmed } = this.options
    const channels = this.registry.subscribed()
    const askedAt = clock.elapsed()
    const lastThen = channels.map(({ last }) => last)
    const [heads, leases] = await Promise.all([
      eventLog.heads(channels.map(({ name }) => name)),
      eventLog.caughtUp(EVERY_SHARD),
    ])
    if (kind === 'head') await delay(clock, settings.graceMs)
    if (this.isStopped || !isConfirmed()) return
    this.answeredAt = askedAt
    if (leases.size > 0) this.relayHeardAt = askedAt
    for (const [shard, except] of leases) this.caughtUp.set(shard, { askedAt, except })
    const silent = channels.filter((channel, i) => this.repairIfLacking(channel, heads[i] ?? null, kind)).length
    for (const [i, channel] of channels.entries())
      if (channel.isInSync(heads[i] ?? null, lastThen[i] ?? null)) channel.inSyncAt = askedAt
    if (kind === 'head') this.noteSilence(silent)
  }

  /** @returns whether the channel's messages were found silent: the event log has events that did not come. */
  private repairIfLacking(channel: NodeChannel<Member>, head: Position | null, kind: ComparisonKind): boolean {
    const { eventLog, observer, logger } = this.options
    if (!head || channel.phase === 'leaving' || !channel.lacks(head)) return false
    if (!channel.last) {
      channel.learnHead(head)
      return false
    }
    if (channel.isRepairing) return false
    observer?.gapFound?.(kind)
    // Not awaited: a channel that waits for its refill must not keep the others from being compared.
    channel.repair().catch((error: unknown) => logger.error({ error }, 'a channel could not be repaired'))
    if (kind === 'head') eventLog.subscribe(channel.name).catch(() => {})
    return true
  }

  /** ioredis can say `ready` while it is subscribed to nothing: two silent comparisons in a row end the connection. [REC7] */
  private noteSilence(silent: number): void {
    this.silentInARow = silent > 0 ? this.silentInARow + 1 : 0
    if (this.silentInARow < 2) return
    this.silentInARow = 0
    this.options.eventLog.reconnect()
  }

  private schedule(): void {
    this.timer = this.options.clock.setTimeout(() => {
      void this.run('head')
        .catch((error: unknown) => this.options.logger.warn({ error }, 'the heads could not be compared'))
        .finally(() => {
          if (!this.isStopped) this.schedule()
        })
    }, this.options.settings.checkMs)
  }
}
