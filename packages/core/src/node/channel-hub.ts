import type { ChannelName, Position } from '@derm/contract'
import { joinChannels, type Joined, type JoinRequest } from './channel-join.ts'
import { ChannelRegistry } from './channel-registry.ts'
import { HeadComparison, type ComparisonKind } from './head-comparison.ts'
import { HUB_SETTINGS, type HubOptions, type HubSettings } from './hub-options.ts'

/** All channels of one node, and their members. */
export class ChannelHub<Member> {
  private readonly options: HubOptions<Member> & { settings: HubSettings }
  private readonly registry: ChannelRegistry<Member>
  private readonly comparison: HeadComparison<Member>
  private isStopped = false

  constructor(options: HubOptions<Member>) {
    this.options = { ...options, settings: { ...HUB_SETTINGS, ...options.settings } }
    this.registry = new ChannelRegistry(this.options)
    this.comparison = new HeadComparison(this.registry, this.options)
    options.eventLog.onMessage((channel, bytes) => this.registry.get(channel)?.receive(bytes))
    options.eventLog.onBreak(() => void this.verifyAfterBreak())
  }

  /** Resolves when it has compared its heads once, or could not. */
  start(): Promise<void> {
    return this.comparison.start()
  }

  stop(): void {
    this.isStopped = true
    this.comparison.stop()
    this.registry.stop()
  }

  /**
   * Reads what each cursor lacks, then calls `admit` in the very tick in which the answer is complete. `admit` adds the member with `add`, and
   * sends the answer, before it returns; it may refuse by throwing.
   * @throws when the event log cannot be reached.
   */
  join<Answer>(requests: readonly JoinRequest[], admit: (joined: Joined[]) => Answer): Promise<Answer> {
    return joinChannels(
      this.registry,
      requests,
      () => this.isStopped,
      (joined) => {
        const answer = admit(joined)
        for (const { status, frames } of joined) this.options.observer?.recovered?.(status, frames.length)
        return answer
      },
    )
  }

  add(channel: ChannelName, member: Member): void {
    this.registry.get(channel)?.members.add(member)
  }

  leave(channel: ChannelName, member: Member): void {
    const found = this.registry.get(channel)
    if (found?.members.delete(member)) this.registry.lingerIfEmpty(found)
  }

  position(channel: ChannelName): Position | null {
    return this.registry.get(channel)?.last ?? null
  }

  membersOf(channel: ChannelName): ReadonlySet<Member> {
    return this.registry.get(channel)?.members ?? new Set()
  }

  names(): IterableIterator<ChannelName> {
    return this.registry.names()
  }

  /** Whether this node as a whole knows of nothing, or may not deliver it: every client is late. [REC9] */
  isCutOff(): boolean {
    return this.comparison.isCutOff()
  }

  /** Whether the event log has answered of late: a node that cannot ask is not ready, whatever it hears. [OPS34] */
  hasAnswered(): boolean {
    return this.comparison.hasAnswered()
  }

  /** Whether anybody at all is late, for metrics. */
  isLagging(): boolean {
    return this.isCutOff() || this.comparison.late().length > 0
  }

  /** The channels that are late, with the members whom that concerns. [REC9] [SEC23] */
  late(): { channel: ChannelName; members: ReadonlySet<Member> }[] {
    return this.comparison.late().map(({ name, members }) => ({ channel: name, members }))
  }

  /** Compares every channel's head with the event log's, and repairs. Also after access was confirmed again. */
  verify(kind: ComparisonKind): Promise<void> {
    return this.comparison.run(kind)
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
}
