import type { ChannelName } from '@derm/contract'
import type { Timer } from '../clock.ts'
import { withTimeout } from '../with-timeout.ts'
import type { HubOptions, HubSettings } from './hub-options.ts'
import { JoinHistory } from './join-history.ts'
import type { JoinAttempt } from './join-attempt.ts'
import { NodeChannel } from './node-channel.ts'

/** The channels of one node: each is subscribed while somebody wants it, and for a while after. [REC8] */
export class ChannelRegistry<Member> {
  private readonly channels = new Map<ChannelName, NodeChannel<Member>>()
  private readonly leaving = new Map<ChannelName, Promise<void>>()
  private readonly lingers = new Map<ChannelName, Timer>()
  private readonly history: JoinHistory<Member>
  private isStopped = false

  constructor(private readonly options: HubOptions<Member> & { settings: HubSettings }) {
    this.history = new JoinHistory(options)
  }

  get(name: ChannelName): NodeChannel<Member> | undefined {
    return this.channels.get(name)
  }

  names(): IterableIterator<ChannelName> {
    return this.channels.keys()
  }

  /** Those whose messages come: all that are neither beginning nor ending. */
  subscribed(): NodeChannel<Member>[] {
    return [...this.channels.values()].filter(({ phase }) => phase === 'subscribed' || phase === 'lingering')
  }

  stop(): void {
    this.isStopped = true
    for (const timer of this.lingers.values()) this.options.clock.clearTimeout(timer)
    for (const channel of this.channels.values()) channel.end()
  }

  /** The channel, which stays at least until the attempt is over. */
  async open(name: ChannelName, attempt: JoinAttempt<Member>): Promise<NodeChannel<Member>> {
    await this.leaving.get(name)
    attempt.assertUnderWay()
    const channel = this.channels.get(name) ?? this.begin(name)
    attempt.keep(channel)
    this.options.clock.clearTimeout(this.lingers.get(name))
    this.lingers.delete(name)
    channel.resume()
    return channel
  }

  /** Ends a channel some time after its last member has left. */
  lingerIfEmpty(channel: NodeChannel<Member>): void {
    const { name } = channel
    if (!isEmpty(channel) || this.channels.get(name) !== channel || this.isStopped) return
    channel.linger()
    const { clock, settings } = this.options
    clock.clearTimeout(this.lingers.get(name))
    this.lingers.set(
      name,
      clock.setTimeout(() => this.end(channel), settings.lingerMs),
    )
  }

  private begin(name: ChannelName): NodeChannel<Member> {
    const channel = new NodeChannel<Member>(name, this.options, this.history)
    this.channels.set(name, channel)
    // A channel that could not begin is over: who joins next begins another.
    channel.ready.catch(() => {
      if (this.channels.get(name) !== channel) return
      this.channels.delete(name)
      this.unsubscribe(name)
    })
    return channel
  }

  private end(channel: NodeChannel<Member>): void {
    const { name } = channel
    this.lingers.delete(name)
    if (!isEmpty(channel)) return
    channel.end()
    this.channels.delete(name)
    this.unsubscribe(name)
  }

  /** Who joins meanwhile waits for it, but for `waitMs` at most: the next subscription follows it on the same connection. */
  private unsubscribe(name: ChannelName): void {
    const { eventLog, clock, settings } = this.options
    const left = withTimeout(clock, settings.waitMs, 'ending a subscription', eventLog.unsubscribe(name))
      .catch(() => {})
      .finally(() => {
        if (this.leaving.get(name) === left) this.leaving.delete(name)
      })
    this.leaving.set(name, left)
  }
}

const isEmpty = <Member>({ members, pendingJoins }: NodeChannel<Member>) => members.size === 0 && pendingJoins === 0
