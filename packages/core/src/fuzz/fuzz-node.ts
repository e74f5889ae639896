import type { ChannelName, EventEnvelope, Position, SubscribeAck } from '@derm/contract'
import { silentLogger } from '../logger.ts'
import type { Transport, TransportHandlers } from '../subscriber/transport.ts'
import { envelopeOf } from '../event-log/frame.ts'
import type { Sign } from '../event-log/signature.ts'
import { decodePacket, encodePacket } from '../event-log/packet.ts'
import type { MemoryEventLogReader } from '../event-log/memory-event-log-reader.ts'
import { ChannelHub } from '../node/channel-hub.ts'
import type { ManualClock } from '../testing/manual-clock.ts'
import type { LossyEventLog } from './lossy-event-log.ts'
import type { Dice } from '../testing/random.ts'

const ANSWER_MS = 10_000

/** A realtime node: the real hub, and connections that carry frames in order, with latency, until they are cut. */
export class FuzzNode {
  readonly connections = new Set<Connection>()
  isConfirmed = true
  isUp = true
  readonly hub: ChannelHub<Connection>
  private readonly reader: MemoryEventLogReader

  constructor(
    readonly name: string,
    private readonly granted: readonly ChannelName[],
    eventLog: LossyEventLog,
    readonly clock: ManualClock,
    readonly dice: Dice,
    sign: Sign,
  ) {
    this.reader = eventLog.memory.connect()
    this.hub = new ChannelHub<Connection>({
      eventLog: this.reader,
      verify: (text, signature) => sign(text) === signature,
      clock,
      logger: silentLogger,
      isConfirmed: () => this.isConfirmed,
      confirm: async () => {},
      deliver: (_channel, members, frame) => {
        for (const member of members) member.send(frame)
      },
      resync: (channel, members, position) => {
        for (const member of members) member.send(encodePacket('resync', { channel, ...position }))
      },
      settings: { ringEntries: 64, recoveryEntries: 3000, recoveryBytes: 2_000_000, lingerMs: 400 },
    })
    void this.hub.start()
    this.sendHeads()
  }

  crash(): void {
    this.isUp = false
    this.hub.stop()
    this.reader.close()
    for (const connection of [...this.connections]) connection.cut()
  }

  /** Access is confirmed again: what was held back is found by the comparison. */
  confirmAgain(): void {
    this.isConfirmed = true
    void this.hub.verify('break').catch(() => {})
  }

  /** As the service does it: the answer is written in the tick in which the member is added. */
  async subscribe(connection: Connection, body: unknown, answer: (ack: SubscribeAck) => void): Promise<void> {
    const { channels } = body as { channels: { cursors?: Record<string, Position> }[] }
    const cursors = Object.assign({}, ...channels.map((one) => one.cursors ?? {})) as Record<string, Position>
    let isAbandoned = false
    const refuse = () => {
      isAbandoned = true
      answer({ ok: false, code: 'unavailable', message: '' })
    }
    const timer = this.clock.setTimeout(refuse, ANSWER_MS)
    try {
      const wants = this.granted.map((channel) => ({ channel, cursor: cursors[channel] }))
      await this.hub.join(wants, (joined) => {
        if (isAbandoned || !connection.isOpen) return
        if (!this.isConfirmed) throw new Error('access is not confirmed')
        answer({
          ok: true,
          node: this.name,
          denied: [],
          channels: joined.map(({ channel, status, position, frames }) => ({
            channel,
            status,
            ...position,
            events: frames.map((frame) => envelopeOf(frame) as EventEnvelope),
          })),
        })
        for (const { channel } of joined) this.hub.add(channel, connection)
      })
    } catch {
      if (!isAbandoned) refuse()
    } finally {
      this.clock.clearTimeout(timer)
    }
  }

  leave(connection: Connection): void {
    this.connections.delete(connection)
    for (const channel of this.granted) this.hub.leave(channel, connection)
  }

  private sendHeads(): void {
    this.clock.setTimeout(() => {
      if (!this.isUp) return
      const channels = this.granted.flatMap((channel) => {
        const position = this.hub.position(channel)
        return position ? [{ channel, ...position }] : []
      })
      if (this.isConfirmed)
        for (const connection of this.connections)
          if (connection.isSubscribed) connection.send(encodePacket('heads', { channels }))
      this.sendHeads()
    }, 3000)
  }
}

/** One connection: frames and answers arrive in the order in which they were written, each after the one before. */
export class Connection {
  isOpen = true
  isSubscribed = false
  private arrivesAt = 0
  constructor(
    readonly node: FuzzNode,
    private readonly handlers: TransportHandlers,
  ) {
    node.connections.add(this)
    this.deliver(() => handlers.onConnect())
  }

  send(frame: string): void {
    this.deliver(() => {
      const [name, body] = decodePacket(frame)
      this.handlers.onMessage(name, body)
    })
  }

  request(name: string, body: unknown, answer: (body: unknown) => void): void {
    const copy: unknown = JSON.parse(JSON.stringify(body))
    this.node.clock.setTimeout(
      () => {
        if (!this.isOpen) return
        if (name !== 'subscribe') return this.deliver(() => answer({ ok: true }))
        void this.node.subscribe(this, copy, (ack) => {
          this.isSubscribed ||= ack.ok
          const text = JSON.stringify(ack)
          this.deliver(() => answer(JSON.parse(text)))
        })
      },
      this.node.dice.between(0, 10),
    )
  }

  /** What is on its way is lost. */
  cut(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.node.leave(this)
    this.node.clock.setTimeout(() => this.handlers.onDisconnect(), this.node.dice.between(0, 20))
  }

  close(): void {
    this.isOpen = false
    this.node.leave(this)
  }

  private deliver(run: () => void): void {
    const { clock, dice } = this.node
    this.arrivesAt = Math.max(this.arrivesAt, clock.now() + dice.between(0, 10))
    clock.setTimeout(() => {
      if (this.isOpen) run()
    }, this.arrivesAt - clock.now())
  }
}

/** Connects to whichever node is up. */
export function createFuzzTransport(
  clock: ManualClock,
  dice: Dice,
  nodes: () => readonly FuzzNode[],
): Transport & { cut(): void } {
  let current: Connection | undefined
  return {
    connect(_token, handlers) {
      current?.close()
      const up = nodes().filter(({ isUp }) => isUp)
      if (up.length === 0) {
        clock.setTimeout(() => handlers.onRefused(undefined), 5)
        return
      }
      current = new Connection(dice.pick(up), handlers)
    },
    disconnect() {
      current?.close()
      current = undefined
    },
    request(name, body, answer) {
      current?.request(name, body, answer)
    },
    cut: () => current?.cut(),
  }
}
