import type { ChannelName, Position } from '@derm/contract'
import { withTimeout } from '../with-timeout.ts'
import type { HubOptions, HubSettings } from './hub-options.ts'
import { Pauses } from './pauses.ts'

/**
 *     subscribing ──▶ subscribed ◀──▶ lingering ──▶ leaving
 *
 * *subscribing*: the channel's messages are being subscribed to. The head is read only after that was confirmed, so that nothing falls
 * between the two. *lingering*: no member is left, and the subscription goes on for a while. *leaving* is the end: who joins then
 * gets a new subscription.
 */
export type Phase = 'subscribing' | 'subscribed' | 'lingering' | 'leaving'

/** One subscription of this node to one channel, from its beginning to its end. */
export class ChannelSubscription {
  phase: Phase = 'subscribing'
  /** Rejects when the subscription could not begin. */
  readonly ready: Promise<void>
  private readonly pauses: Pauses

  constructor(
    private readonly name: ChannelName,
    private readonly options: HubOptions<never> & { settings: HubSettings },
    /** `null`: the event log does not know the channel. */
    onSubscribed: (head: Position | null) => void,
  ) {
    this.pauses = new Pauses(options.clock)
    this.ready = this.begin(onSubscribed)
    // Whoever joins learns of a failure. Where nobody waits any more, it must not end the process.
    this.ready.catch(() => {})
  }

  get isOver(): boolean {
    return this.phase === 'leaving'
  }

  /** Ends early when the subscription ends. */
  pause(ms: number): Promise<void> {
    return this.pauses.pause(ms)
  }

  end(): void {
    this.phase = 'leaving'
    this.pauses.endAll()
  }

  private async begin(onSubscribed: (head: Position | null) => void): Promise<void> {
    await this.subscribe()
    if (this.isOver) return
    const head = await this.readHead()
    if (this.isOver) return
    this.phase = 'subscribed'
    onSubscribed(head)
  }

  /** Tries for `waitMs` and no longer: during an outage, those who gave up meanwhile would all be kept. */
  private async subscribe(): Promise<void> {
    const { eventLog, clock, settings } = this.options
    const deadline = clock.elapsed() + settings.waitMs
    for (;;) {
      const left = deadline - clock.elapsed()
      const failure = await withTimeout(clock, left, 'a subscription', eventLog.subscribe(this.name)).then(
        () => null,
        (error: unknown) => ({ error }),
      )
      if (!failure || this.isOver) return
      if (clock.elapsed() + settings.retryMs >= deadline) throw failure.error
      await this.pause(settings.retryMs)
      if (this.isOver) return
    }
  }

  /** An event log that does not know the channel may learn of it by a refill: it is asked again for `waitMs`. */
  private async readHead(): Promise<Position | null> {
    const { eventLog, clock, settings } = this.options
    const deadline = clock.elapsed() + settings.waitMs
    for (;;) {
      const [head] = await eventLog.heads([this.name])
      if (head) return head
      if (clock.elapsed() >= deadline) return null
      await this.pause(settings.retryMs)
      if (this.isOver) return null
    }
  }
}
