import type { ChannelName } from '@derm/contract'
import { silentLogger } from '../logger.ts'
import { SIGNATURE_LENGTH, type Sign } from '../event-log/signature.ts'
import { createRelay, type Relay } from '../relay/index.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { FuzzClient } from './fuzz-client.ts'
import { FuzzNode } from './fuzz-node.ts'
import { CALM, LossyEventLog } from './lossy-event-log.ts'
import { MemoryOutbox, type OutboxSession } from '../relay/memory-outbox.ts'
import { Dice, createRandom } from '../testing/random.ts'

const TENANT = '00000000-0000-4000-8000-00000000000a'
const sign: Sign = (text) => {
  const { length } = text
  let hash = 0x811c9dc5
  for (let i = 0; i < length; i += 7)
    hash = Math.imul(hash ^ Number(typeof text === 'string' ? text.charCodeAt(i) : text[i]), 0x01000193) >>> 0
  return hash.toString(36).padStart(SIGNATURE_LENGTH, '0')
}

type Pod = { relay: Relay; session: OutboxSession; isUp: boolean }

/** Two API pods with relays, an event log that loses things, two nodes, and clients, in one virtual time. */
export class World {
  readonly clock = new ManualClock()
  readonly dice: Dice
  readonly channels: ChannelName[]
  readonly outbox: MemoryOutbox
  readonly eventLog: LossyEventLog
  readonly nodes: FuzzNode[] = []
  readonly pods: Pod[] = []
  readonly clients: FuzzClient[] = []
  /** How likely a pod dies between publishing and marking. */
  deaths = 0
  private born = 0
  private isOver = false

  constructor(seed: number) {
    this.dice = new Dice(createRandom(seed))
    const { dice, clock } = this
    this.channels = Array.from({ length: dice.between(1, 3) }, (_, i) => {
      const location = `00000000-0000-4000-8000-0000000000${(10 + i * 7).toString().padStart(2, '0')}`
      return `${TENANT}/l:${location}/scheduling` as ChannelName
    })
    this.outbox = new MemoryOutbox(this.channels, clock, dice)
    this.eventLog = new LossyEventLog(clock, dice, 5000)
    for (let i = 0; i < 2; i++) {
      this.startPod(i)
      this.startNode(i)
    }
    for (let i = dice.between(2, 4); i > 0; i--) this.addClient()
  }

  addClient(): void {
    this.clients.push(
      new FuzzClient(`client ${this.clients.length}`, this.outbox, this.clock, this.dice, () => this.nodes),
    )
  }

  startNode(i: number): void {
    this.nodes[i] = new FuzzNode(`node-${i}.${this.born++}`, this.channels, this.eventLog, this.clock, this.dice, sign)
  }

  startPod(i: number): void {
    const session = this.outbox.connect()
    const pod: Pod = {
      session,
      isUp: true,
      relay: createRelay({
        store: session,
        eventLog: this.eventLog.connectWriter(() => pod.isUp),
        sign,
        clock: this.clock,
        random: this.dice.random,
        logger: silentLogger,
        settings: { refillEntries: 5000, batchRows: 40, breakMs: 20, maxBreakMs: 200 },
        afterPublish: async () => {
          if (!this.dice.chance(this.deaths)) return
          this.killPod(i)
          throw new Error('killed between publishing and marking')
        },
      }),
    }
    this.pods[i] = pod
    pod.relay.start()
  }

  killPod(i: number): void {
    const pod = this.pods[i]!
    if (!pod.isUp) return
    pod.isUp = false
    pod.session.crash()
    void pod.relay.stop()
    // Whoever runs pods starts another one. Without any for as long as an answer waits, a resync would be right.
    this.clock.setTimeout(() => !this.isOver && !this.pods[i]!.isUp && this.startPod(i), this.dice.between(50, 1500))
  }

  commit(channel: ChannelName, count: number, body?: string): void {
    const shard = this.outbox.commit(channel, count, body)
    const up = this.pods.filter(({ isUp }) => isUp)
    // The pod that committed wakes its relay, unless it dies first.
    if (shard !== null && up.length > 0 && this.dice.chance(0.9)) this.dice.pick(up).relay.wake([shard])
  }

  /** Whatever was broken works again; everybody gets the time that the rules allow. */
  async heal(): Promise<void> {
    this.deaths = 0
    this.eventLog.weather = CALM
    this.eventLog.lostAnswers = 0
    this.eventLog.memory.isDown = false
    for (const i of [0, 1]) {
      if (!this.nodes[i]!.isUp) this.startNode(i)
      if (!this.nodes[i]!.isConfirmed) this.nodes[i]!.confirmAgain()
    }
    await this.clock.advance(12_000)
  }

  stop(): void {
    this.isOver = true
    for (const client of this.clients) client.stop()
    for (const node of this.nodes) node.crash()
    for (const i of [0, 1]) this.killPod(i)
  }
}
