import { comparePositions, type ChannelName, type EventEnvelope, type Position } from '@derm/contract'
import { silentLogger } from '../logger.ts'
import { Subscriber } from '../subscriber/subscriber.ts'
import type { ManualClock } from '../testing/manual-clock.ts'
import { createFuzzTransport, type FuzzNode } from './fuzz-node.ts'
import type { MemoryOutbox } from '../relay/memory-outbox.ts'
import type { Dice } from '../testing/random.ts'

/** A client: the real subscriber, and what compares its reports with the outbox. */
export class FuzzClient {
  applied = 0
  resyncs = 0
  readonly faults: string[] = []
  private readonly subscriber: Subscriber
  private readonly transport: ReturnType<typeof createFuzzTransport>
  private last = new Map<string, Position>()

  constructor(
    private readonly name: string,
    private readonly outbox: MemoryOutbox,
    clock: ManualClock,
    dice: Dice,
    nodes: () => readonly FuzzNode[],
  ) {
    this.transport = createFuzzTransport(clock, dice, nodes)
    this.subscriber = new Subscriber({
      transport: this.transport,
      clock,
      random: dice.random,
      logger: silentLogger,
      getToken: async () => 'token',
      refreshToken: async () => 'token',
      onEvent: (event) => this.apply(event),
      onPosition: (channel, position) => this.start(channel, position),
      onResync: (channel, position) => {
        this.resyncs++
        this.start(channel, position)
      },
      onRemoved: () => {},
      onAdded: () => {},
      onConnection: () => {},
      settings: { minDelayMs: 20, maxDelayMs: 500 },
    })
    this.subscriber.retain({ topic: 'scheduling' })
    this.subscriber.start()
  }

  /** Whether everything up to the outbox's head was applied or declared. */
  isAt(channel: ChannelName, head: Position): boolean {
    const cursor = this.subscriber.cursors.get(channel)
    return cursor !== undefined && comparePositions(cursor, head) === 0
  }

  describe(channel: ChannelName): string {
    const cursor = this.subscriber.cursors.get(channel)
    return `${this.name} is ${this.subscriber.getConnection().status} at ${cursor ? `${cursor.epoch}:${cursor.seq}` : 'nothing'}`
  }

  cut(): void {
    this.transport.cut()
  }

  /** Asleep: gone without a word, and back with its cursors. */
  sleep(): void {
    this.transport.cut()
    this.subscriber.nudge()
  }

  /** A page that is loaded again: no cursors, nothing applied. */
  reload(): void {
    this.subscriber.close()
    this.last.clear()
    this.subscriber.start()
  }

  stop(): void {
    this.subscriber.close()
  }

  private apply(event: EventEnvelope): void {
    this.applied++
    const { channel, epoch, seq, id } = event
    const last = this.last.get(channel)
    if (!last) this.faults.push(`${this.name} got ${epoch}:${seq} before it had begun`)
    else if (last.epoch !== epoch || seq !== last.seq + 1)
      this.faults.push(`${this.name} applied ${epoch}:${seq} after ${last.epoch}:${last.seq}`)
    if (!this.outbox.wasCommitted(channel, event, id))
      this.faults.push(`${this.name} applied ${id}, which is not ${epoch}:${seq}`)
    this.last.set(channel, { epoch, seq })
  }

  private start(channel: string, position: Position): void {
    if (!this.outbox.isKnown(channel as ChannelName, position))
      this.faults.push(`${this.name} was told of ${position.epoch}:${position.seq}, which the outbox never had`)
    const last = this.last.get(channel)
    if (last && last.epoch === position.epoch && position.seq < last.seq) return
    this.last.set(channel, { epoch: position.epoch, seq: position.seq })
  }
}
