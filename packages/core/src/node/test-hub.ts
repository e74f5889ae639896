import type { ChannelName, Position } from '@derm/contract'
import { silentLogger } from '../logger.ts'
import type { EventLogReader, LogEntry } from '../event-log/event-log.ts'
import { encodeEntry, encodeTombstone } from '../event-log/frame.ts'
import { MemoryEventLog } from '../event-log/memory-event-log.ts'
import type { MemoryEventLogReader } from '../event-log/memory-event-log-reader.ts'
import { createSigner } from '../event-log/signer.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { ChannelHub } from './channel-hub.ts'
import type { HubSettings } from './hub-options.ts'

const TENANT = '00000000-0000-4000-8000-00000000000a'
export const north = `${TENANT}/l:00000000-0000-4000-8000-000000000001/scheduling` as ChannelName
export const south = `${TENANT}/l:00000000-0000-4000-8000-000000000002/scheduling` as ChannelName
export const EPOCH = '0000000000010000'
export const LATER = '0000000000020000'
export const at = (seq: number, epoch = EPOCH): Position => ({ epoch, seq })
export const { sign, verify } = createSigner(
  [{ id: 'a-secret', secret: 'the secret of a test, of 32 characters' }],
  'event log',
)

/** A hub on the log in memory, in virtual time. Members are names; what happens to them is written down. */
export class TestHub {
  readonly clock = new ManualClock()
  readonly memory = new MemoryEventLog(5000, (deliver) => this.isDeaf || deliver())
  /** Live messages are lost. */
  isDeaf = false
  isConfirmed = true
  /** How often history was read, and how many reads were under way together at most. */
  readonly reads = { count: 0, underWay: 0, most: 0 }
  /** A relay has the caught-up leases. */
  hasCaughtUpLease = true
  /** Channels that the leases say nothing of. */
  readonly excepted = new Set<ChannelName>()
  /** `ann 3`, `ann resync 7`. */
  readonly heard: string[] = []
  /** `gap head`, `repaired 2`, `resync limit`, `foreign message`, `confirm`, `reconnect`, `subscribe`, `unsubscribe`. */
  readonly told: string[] = []
  readonly hub: ChannelHub<string>
  readonly reader: MemoryEventLogReader
  /** Held calls go on once their gate is opened. */
  private readonly gates = new Map<'history' | 'heads' | 'subscribe' | 'unsubscribe', Promise<void>>()

  constructor(settings: Partial<HubSettings> = {}) {
    this.reader = this.memory.connect()
    const { told } = this
    this.hub = new ChannelHub<string>({
      eventLog: this.watch(),
      verify,
      clock: this.clock,
      logger: silentLogger,
      isConfirmed: () => this.isConfirmed,
      confirm: async () => {
        told.push('confirm')
        this.isConfirmed = true
      },
      deliver: (_channel, members, frame, { seq }) => {
        for (const member of members)
          this.heard.push(`${member} ${frame.startsWith('42["resync"') ? 'tombstone ' : ''}${seq}`)
      },
      resync: (_channel, members, { seq }) => {
        for (const member of members) this.heard.push(`${member} resync ${seq}`)
      },
      observer: {
        gapFound: (how) => told.push(`gap ${how}`),
        repaired: (entries) => told.push(`repaired ${entries}`),
        resynced: (reason) => told.push(`resync ${reason}`),
        foreignMessage: () => told.push('foreign message'),
      },
      settings,
    })
    void this.hub.start()
  }

  /** @returns how each channel was answered: `live 3`, `recovered 5 [4, 5]`. */
  async join(member: string, cursor?: Position, channels: ChannelName[] = [north]): Promise<string> {
    const joining = this.startJoin(member, cursor, channels)
    joining.catch(() => {})
    await this.clock.advance(0)
    return joining
  }

  /** As `join`, for one that has to wait. */
  startJoin(member: string, cursor?: Position, channels: ChannelName[] = [north]): Promise<string> {
    const wants = channels.map((channel) => ({ channel, cursor }))
    return this.hub.join(wants, (joined) => {
      for (const { channel } of joined) this.hub.add(channel, member)
      return joined
        .map(({ status, position, frames }) => {
          const seqs = frames.map((frame) => /"seq":(\d+)/.exec(frame)?.[1])
          return `${status} ${position.seq}${seqs.length > 0 ? ` [${seqs.join(', ')}]` : ''}`
        })
        .join('; ')
    })
  }

  async append(from: number, to = from, { epoch = EPOCH, channel = north, tombstone = 0 } = {}): Promise<void> {
    await this.memory.append([{ channel, entries: list(from, to, { epoch, channel, tombstone }) }])
  }

  /** The relay brings back what the log has lost. */
  async refill(from: number, to: number, epoch = EPOCH): Promise<void> {
    const batch = { channel: north, entries: list(from, to, { epoch }) }
    await this.memory.refill(batch, at(from - 1, epoch), { replaces: true })
  }

  /** Holds every such call until the answer is called. */
  stall(call: 'history' | 'heads' | 'subscribe' | 'unsubscribe'): () => void {
    let open = () => {}
    this.gates.set(call, new Promise((resolve) => (open = resolve)))
    return () => {
      this.gates.delete(call)
      open()
    }
  }

  private watch(): EventLogReader {
    const { reader, told, gates } = this
    return {
      heads: async (channels) => {
        await gates.get('heads')
        return reader.heads(channels)
      },
      caughtUp: async (shards) => {
        await reader.caughtUp(shards)
        return new Map(this.hasCaughtUpLease ? shards.map((shard) => [shard, new Set(this.excepted)]) : [])
      },
      // What was read is of before the wait.
      history: async (...of) => {
        const { reads } = this
        reads.count++
        reads.most = Math.max(reads.most, ++reads.underWay)
        const read = await reader.history(...of)
        await gates.get('history')
        reads.underWay--
        return read
      },
      subscribe: async (channel) => {
        told.push('subscribe')
        await gates.get('subscribe')
        return reader.subscribe(channel)
      },
      unsubscribe: async (channel) => {
        told.push('unsubscribe')
        await gates.get('unsubscribe')
        return reader.unsubscribe(channel)
      },
      onMessage: (listen) => reader.onMessage(listen),
      onBreak: (listen) => reader.onBreak(listen),
      isListening: () => reader.isListening(),
      reconnect: () => {
        told.push('reconnect')
        reader.reconnect()
      },
    }
  }
}

type Of = { epoch?: string; channel?: ChannelName; tombstone?: number }

export function list(from: number, to: number, { epoch = EPOCH, channel = north, tombstone = 0 }: Of = {}): LogEntry[] {
  return Array.from({ length: to - from + 1 }, (_, i) => {
    const seq = from + i
    const row = { channel, epoch, seq, id: `${epoch}/${seq}`, type: 'patient:updated', at: 1, body: '{"data":{}}' }
    return seq === tombstone ? encodeTombstone(row, sign) : encodeEntry(row, sign)
  })
}
