import { comparePositions, type ChannelName, type Position } from '@derm/contract'
import { ChannelDelivery } from './channel-delivery.ts'
import { ChannelSubscription, type Phase } from './channel-subscription.ts'
import { GapRepair } from './gap-repair.ts'
import type { HubOptions, HubSettings } from './hub-options.ts'
import type { JoinHistory } from './join-history.ts'
import { JoinRecovery, type Finished, type Prepared, type Recovery } from './join-recovery.ts'
import { MessageBuffer, type Message } from './message-buffer.ts'

/**
 * One channel on one node. A message at or below the last position is dropped, the next one is delivered, and a later one shows a gap:
 * it is buffered until history has filled the gap.
 */
export class NodeChannel<Member> {
  /** Joins under way: they keep the channel from leaving. */
  pendingJoins = 0
  /** When the event log was last asked and this channel was found in sync with it. */
  inSyncAt = -Infinity
  private readonly delivery: ChannelDelivery<Member>
  private readonly subscription: ChannelSubscription
  private readonly buffer: MessageBuffer
  private readonly repairs: GapRepair<Member>
  private readonly joins: JoinRecovery<Member>

  constructor(
    readonly name: ChannelName,
    private readonly options: HubOptions<Member> & { settings: HubSettings },
    history: JoinHistory<Member>,
  ) {
    this.delivery = new ChannelDelivery(name, options)
    this.buffer = new MessageBuffer(options.settings.ringEntries)
    this.subscription = new ChannelSubscription(name, options, (head) => {
      this.delivery.last = head
      this.inSyncAt = options.clock.elapsed()
      this.replayBuffered()
    })
    this.repairs = new GapRepair(this.delivery, this.subscription, this.buffer, options, () => {
      if (!this.subscription.isOver) this.replayBuffered()
    })
    this.joins = new JoinRecovery(this.delivery, this.subscription, history, options)
  }

  get ready(): Promise<void> {
    return this.subscription.ready
  }

  get phase(): Phase {
    return this.subscription.phase
  }

  /** `null`: the event log does not know the channel. */
  get last(): Position | null {
    return this.delivery.last
  }

  get members(): Set<Member> {
    return this.delivery.members
  }

  get isRepairing(): boolean {
    return this.repairs.isUnderWay
  }

  receive(bytes: string): void {
    const prefix = this.delivery.read(bytes)
    if (!prefix) return this.options.observer?.foreignMessage?.()
    if (this.phase === 'subscribing' || this.isRepairing) this.buffer.add({ prefix, bytes })
    else this.accept({ prefix, bytes })
  }

  /** Whether the event log's head shows a gap here. A head before ours is that of a log that has lost data: we wait. */
  lacks(head: Position | null): boolean {
    return head !== null && (this.last === null || comparePositions(head, this.last) > 0)
  }

  /** Whether nothing is missing, neither here nor there. `head` is the event log's, asked for when this channel was at `lastThen`. */
  isInSync(head: Position | null, lastThen: Position | null): boolean {
    if (this.isRepairing || this.lacks(head)) return false
    return !lastThen || (head !== null && comparePositions(head, lastThen) >= 0)
  }

  /** The event log has learnt a head that this channel never had. */
  learnHead(head: Position): void {
    if (!this.last && this.options.isConfirmed()) this.delivery.resyncTo(head, 'unknown_head')
  }

  repair(): Promise<void> {
    return this.repairs.run()
  }

  prepare(recovery: Recovery): Promise<Prepared> {
    return this.joins.prepare(recovery)
  }

  finish(prepared: Prepared): Finished | null {
    return this.joins.finish(prepared)
  }

  linger(): void {
    if (this.phase === 'subscribed') this.subscription.phase = 'lingering'
  }

  resume(): void {
    if (this.phase === 'lingering') this.subscription.phase = 'subscribed'
  }

  end(): void {
    this.subscription.end()
  }

  private accept({ prefix, bytes }: Message): void {
    // Not lost: `last` stays, and once access is confirmed the comparison of heads finds what was not delivered.
    if (!this.options.isConfirmed()) return
    const { last } = this
    if (!last || prefix.epoch > last.epoch)
      return this.delivery.resyncTo({ epoch: prefix.epoch, seq: prefix.seq }, last ? 'epoch' : 'unknown_head')
    if (prefix.epoch < last.epoch || prefix.seq <= last.seq) return
    if (prefix.seq === last.seq + 1) return this.delivery.deliver(prefix, bytes)
    this.buffer.add({ prefix, bytes })
    this.options.observer?.gapFound?.('sequence')
    void this.repair()
  }

  private replayBuffered(): void {
    for (const message of this.buffer.takeAll()) this.accept(message)
  }
}
