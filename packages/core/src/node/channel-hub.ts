import type { ChannelName, Position } from '@derm/contract'
import type { Timer } from '../clock.ts'
import { HUB_SETTINGS, type HubOptions, type HubSettings } from './hub-options.ts'
import { NodeChannel, type Prepared } from './node-channel.ts'
import { withTimeout } from '../with-timeout.ts'

export type Joined = { channel: ChannelName; status: Prepared['status']; position: Position; frames: string[] }

/** One join under way, and the channels that it keeps from leaving. */
type JoinAttempt<Member> = { joining: Set<NodeChannel<Member>>; isOver: boolean }

/**
 * All channels of one node: subscribed while somebody wants them, compared with the log's heads every second, verified
 * after a break.
 */
export class ChannelHub<Member> {
  private readonly channels = new Map<ChannelName, NodeChannel<Member>>()
  private readonly leaving = new Map<ChannelName, Promise<void>>()
  private readonly options: HubOptions<Member> & { settings: HubSettings }
  private readonly lingers = new Map<ChannelName, Timer>()
  private check: Timer | undefined
  private silentChecks = 0
  private isStopped = false
  /** When the log was asked that was last found in order: level with every channel, and vouched for. Who has not asked yet knows of nothing. */
  private inSyncAt = -Infinity

  constructor(options: HubOptions<Member>) {
    this.options = { ...options, settings: { ...HUB_SETTINGS, ...options.settings } }
    options.eventLog.onMessage((channel, bytes) => this.channels.get(channel)?.receive(bytes))
    options.eventLog.onBreak(() => void this.verifyAfterBreak())
  }

  /** Resolves when it has compared once, or could not. */
  async start(): Promise<void> {
    await this.verify('break').catch((error: unknown) => {
      this.options.logger.warn({ error }, 'the log could not be asked yet')
    })
    if (!this.isStopped) this.scheduleCheck()
  }

  stop(): void {
    this.isStopped = true
    this.options.clock.clearTimeout(this.check)
    for (const timer of this.lingers.values()) this.options.clock.clearTimeout(timer)
    for (const channel of this.channels.values()) channel.end()
  }

  /**
   * Reads what each cursor lacks, then calls `admit` in the very tick in which the answer is complete. `admit` adds the member with `add`, and
   * sends the answer, before it returns; it may refuse by throwing.
   * @throws when the log cannot be reached.
   */
  async join<Answer>(
    wants: readonly { channel: ChannelName; cursor: Position | undefined }[],
    admit: (joined: Joined[]) => Answer,
  ): Promise<Answer> {
    const attempt: JoinAttempt<Member> = { joining: new Set(), isOver: false }
    const unfinished = new Map<ChannelName, number>()
    try {
      for (;;) {
        // Channels that have ended never finish: without this the loop would spin, and keep the process from ending.
        if (this.isStopped) throw new Error('this node is stopping')
        const prepared = await Promise.all(
          wants.map(async ({ channel, cursor }) => {
            const found = await this.open(channel, attempt)
            // What cannot be completed because events come too fast is a resync in the end, never an endless loop.
            return (unfinished.get(channel) ?? 0) < 5
              ? found.prepare(cursor)
              : { ...(await found.prepare(undefined)), cursor, status: 'resync' as const }
          }),
        )
        const joined: Joined[] = []
        for (const one of prepared) {
          const channel = one.channel as unknown as NodeChannel<Member>
          const finished = channel.finish(one)
          if (!finished) {
            unfinished.set(channel.name, (unfinished.get(channel.name) ?? 0) + 1)
            break
          }
          joined.push({ channel: channel.name, ...finished })
        }
        if (joined.length < prepared.length) continue
        const answer = admit(joined)
        for (const { status, frames } of joined) this.options.observer?.recovered?.(status, frames.length)
        return answer
      }
    } finally {
      attempt.isOver = true
      for (const channel of attempt.joining) {
        channel.pendingJoins--
        this.lingerIfEmpty(channel)
      }
    }
  }

  add(channel: ChannelName, member: Member): void {
    this.channels.get(channel)?.members.add(member)
  }

  leave(channel: ChannelName, member: Member): void {
    const found = this.channels.get(channel)
    if (found?.members.delete(member)) this.lingerIfEmpty(found)
  }

  position(channel: ChannelName): Position | null {
    return this.channels.get(channel)?.last ?? null
  }

  membersOf(channel: ChannelName): ReadonlySet<Member> {
    return this.channels.get(channel)?.members ?? new Set()
  }

  names(): IterableIterator<ChannelName> {
    return this.channels.keys()
  }

  /** Whether there may be events that this node does not know of, or may not deliver. [REC9] */
  isLagging(): boolean {
    const { clock, settings, isConfirmed } = this.options
    return !isConfirmed() || clock.elapsed() - this.inSyncAt > settings.laggingAfterMs
  }

  /** Compares every channel's head with the log's and repairs. Also after access was confirmed again. */
  async verify(how: 'head' | 'break'): Promise<void> {
    const { eventLog, clock, settings, observer, logger } = this.options
    const subscribed = [...this.channels.values()].filter(
      ({ phase }) => phase === 'subscribed' || phase === 'lingering',
    )
    const askedAt = clock.elapsed()
    const lastThen = subscribed.map(({ last }) => last)
    const [heads, hasCaughtUpLease] = await Promise.all([
      eventLog.heads(subscribed.map(({ name }) => name)),
      eventLog.hasCaughtUpLease(),
    ])
    if (how === 'head') await new Promise<void>((resolve) => clock.setTimeout(resolve, settings.graceMs))
    if (this.isStopped || !this.options.isConfirmed()) return
    let silent = 0
    for (const [i, channel] of subscribed.entries()) {
      const head = heads[i] ?? null
      if (!head || channel.phase === 'leaving' || !channel.lacks(head)) continue
      if (!channel.last) {
        channel.learnHead(head)
        continue
      }
      if (channel.isRepairing) continue
      silent++
      observer?.gapFound?.(how)
      // Not awaited: a channel that waits for its refill must not keep the others from being compared.
      channel.repair().catch((error: unknown) => logger.error({ error }, 'a channel could not be repaired'))
      if (how === 'head') eventLog.subscribe(channel.name).catch(() => {})
    }
    const isInSync = subscribed.every(
      (channel, i) => channel.phase === 'leaving' || channel.isInSync(heads[i] ?? null, lastThen[i] ?? null),
    )
    if (isInSync && hasCaughtUpLease) this.inSyncAt = askedAt
    if (how === 'head') {
      this.silentChecks = silent > 0 ? this.silentChecks + 1 : 0
      // ioredis can say `ready` while it is subscribed to nothing.
      if (this.silentChecks >= 2) {
        this.silentChecks = 0
        eventLog.reconnect()
      }
    }
  }

  private async verifyAfterBreak(): Promise<void> {
    try {
      await this.options.confirm()
      await this.verify('break')
    } catch (error) {
      // The comparison a second later does the same.
      this.options.logger.warn({ error }, 'the channels could not be verified after a break')
    }
  }

  private scheduleCheck(): void {
    this.check = this.options.clock.setTimeout(() => {
      void this.verify('head')
        .catch((error: unknown) => this.options.logger.warn({ error }, 'the heads could not be compared'))
        .finally(() => {
          if (!this.isStopped) this.scheduleCheck()
        })
    }, this.options.settings.checkMs)
  }

  private async open(name: ChannelName, attempt: JoinAttempt<Member>): Promise<NodeChannel<Member>> {
    await this.leaving.get(name)
    // It failed at another of its channels: what is pinned from here on nobody would let go.
    if (attempt.isOver) throw new Error('this join has ended')
    let channel = this.channels.get(name)
    if (!channel) {
      channel = new NodeChannel<Member>(name, this.options)
      this.channels.set(name, channel)
      const born = channel
      // A life that could not begin is over: the next one who joins starts anew.
      channel.ready.catch(() => {
        if (this.channels.get(name) !== born) return
        this.channels.delete(name)
        this.unsubscribe(name)
      })
    }
    if (!attempt.joining.has(channel)) {
      attempt.joining.add(channel)
      channel.pendingJoins++
    }
    this.options.clock.clearTimeout(this.lingers.get(name))
    this.lingers.delete(name)
    if (channel.phase === 'lingering') channel.phase = 'subscribed'
    return channel
  }

  private lingerIfEmpty(channel: NodeChannel<Member>): void {
    const { name } = channel
    if (channel.members.size > 0 || channel.pendingJoins > 0 || this.channels.get(name) !== channel || this.isStopped)
      return
    if (channel.phase === 'subscribed') channel.phase = 'lingering'
    this.options.clock.clearTimeout(this.lingers.get(name))
    this.lingers.set(
      name,
      this.options.clock.setTimeout(() => this.end(channel), this.options.settings.lingerMs),
    )
  }

  private end(channel: NodeChannel<Member>): void {
    const { name } = channel
    this.lingers.delete(name)
    if (channel.members.size > 0 || channel.pendingJoins > 0) return
    channel.end()
    this.channels.delete(name)
    this.unsubscribe(name)
  }

  /** Who joins meanwhile waits for it, but not for as long as the feed may be away: its own subscription comes behind. */
  private unsubscribe(name: ChannelName): void {
    const { eventLog, clock, settings } = this.options
    const left = withTimeout(clock, settings.waitMs, 'leaving a feed', eventLog.unsubscribe(name))
      .catch(() => {})
      .finally(() => {
        if (this.leaving.get(name) === left) this.leaving.delete(name)
      })
    this.leaving.set(name, left)
  }
}
