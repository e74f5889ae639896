import type { ChannelName } from '@derm/contract'
import type { Server } from 'socket.io'

/** Clients of one channel that may ask the API again within one second. */
const REFETCHES_PER_SECOND = 100
const MAX_SPREAD_MS = 10_000
/** Smaller rooms need no spread, and are not worth a word to the other nodes. */
const WORTH_TELLING = 20
const TELL_EVERY_MS = 5_000
const FORGET_AFTER_MS = 20_000

/** How many listen to a channel on all nodes, as far as they have told each other. An estimate: nothing is lost when it is wrong. */
export class RoomSizes {
  private readonly others = new Map<string, { at: number; sizes: Record<string, number> }>()
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly io: Server,
    private readonly node: string,
    private readonly sizeOf: (channel: ChannelName) => number,
    private readonly channels: () => Iterable<ChannelName>,
  ) {
    io.on('room:sizes', (node: unknown, sizes: unknown) => {
      if (typeof node === 'string' && typeof sizes === 'object' && sizes !== null)
        this.others.set(node, { at: Date.now(), sizes: sizes as Record<string, number> })
    })
  }

  start(): void {
    this.timer = setInterval(() => this.tell(), TELL_EVERY_MS)
  }

  stop(): void {
    clearInterval(this.timer)
  }

  /** Over how long the room's clients should spread what they ask for after an event; 0 for a small room. */
  spreadMs(channel: ChannelName, local: number): number {
    let size = local
    for (const { sizes } of this.others.values()) size += Math.max(0, Number(sizes[channel]) || 0)
    return size < WORTH_TELLING ? 0 : Math.min(MAX_SPREAD_MS, Math.round((size / REFETCHES_PER_SECOND) * 1000))
  }

  private tell(): void {
    for (const [node, { at }] of this.others) if (Date.now() - at > FORGET_AFTER_MS) this.others.delete(node)
    const sizes: Record<string, number> = {}
    for (const channel of this.channels()) {
      const size = this.sizeOf(channel)
      if (size >= WORTH_TELLING) sizes[channel] = size
    }
    this.io.serverSideEmit('room:sizes', this.node, sizes)
  }
}
