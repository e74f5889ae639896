import type { Position } from '@derm/contract'
import type { Timer } from '../clock.ts'
import { delay } from '../delay.ts'
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
  /**
   * When the event log was asked that was last found in sync with every channel, while a relay held the caught-up lease. A node that has
   * not asked yet knows of nothing.
   */
  private inSyncAt = -Infinity

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

  /** Whether there may be events that this node does not know of, or may not deliver. */
  isLagging(): boolean {
    const { clock, settings, isConfirmed } = this.options
    return !isConfirmed() || clock.elapsed() - this.inSyncAt > settings.laggingAfterMs
  }

  async run(kind: ComparisonKind): Promise<void> {
    const { eventLog, clock, settings, isConfirmed } = this.options
    const channels = this.registry.subscribed()
    const askedAt = clock.elapsed()
    const lastThen = channels.map(({ last }) => last)
    const [heads, hasLease] = await Promise.all([
      eventLog.heads(channels.map(({ name }) => name)),
      eventLog.hasCaughtUpLease(),
    ])
    if (kind === 'head') await delay(clock, settings.graceMs)
    if (this.isStopped || !isConfirmed()) return
    const silent = channels.filter((channel, i) => this.repairIfLacking(channel, heads[i] ?? null, kind)).length
    if (hasLease && isInSync(channels, heads, lastThen)) this.inSyncAt = askedAt
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

function isInSync<Member>(
  channels: readonly NodeChannel<Member>[],
  heads: readonly (Position | null)[],
  lastThen: readonly (Position | null)[],
): boolean {
  return channels.every(
    (channel, i) => channel.phase === 'leaving' || channel.isInSync(heads[i] ?? null, lastThen[i] ?? null),
  )
}
