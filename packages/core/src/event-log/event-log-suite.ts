import type { ChannelName, Position } from '@derm/contract'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { AppendResult, EventLogReader, EventLogWriter, HistoryLimit, LogEntry } from './event-log.ts'
import { createSigner } from './signer.ts'
import { encodeEntry } from './frame.ts'

/** An event log, and what can befall it. */
export type LogUnderTest = {
  writer: EventLogWriter
  /** A node's connection of its own. */
  connect(): Promise<EventLogReader>
  /** The log knows nothing of the channel any more. */
  forget(channel: ChannelName): Promise<void>
  /** Only the newest `keep` entries stay; the head stays. */
  trim(channel: ChannelName, keep: number): Promise<void>
  /** Head and history end at `seq`, as after a failover to a replica that lagged. */
  loseAfter(channel: ChannelName, position: Position): Promise<void>
}

const EPOCH = '0000000000010000'
const LATER = '0000000000020000'
const ALL: HistoryLimit = { entries: 1000, bytes: 1_000_000 }
let born = 0

/** What every event log does; `make` gives one log for all of the tests, each of which has a channel of its own. */
/** What a relay signs with in this suite. */
export const suiteSigner = createSigner(
  [{ id: 'a-secret', secret: 'the secret of a test, of 32 characters' }],
  'event log',
)

export function describeEventLog(make: () => LogUnderTest): void {
  let eventLog: LogUnderTest
  let channel: ChannelName
  beforeEach(() => {
    eventLog = make()
    channel = nextChannel()
  })

  type Of = { epoch?: string; id?: string; name?: ChannelName }
  const entry = (seq: number, { epoch = EPOCH, id, name = channel }: Of = {}): LogEntry =>
    encodeEntry(
      {
        channel: name,
        epoch,
        seq,
        id: id ?? `${epoch}/${seq}`,
        type: 'patient:updated',
        at: 1_800_000_000_000,
        body: '{"data":{}}',
      },
      suiteSigner.sign,
    )
  const entries = (from: number, to: number, options: Of = {}) =>
    Array.from({ length: to - from + 1 }, (_, i) => entry(from + i, options))
  const append = async (...list: LogEntry[]): Promise<AppendResult> =>
    (await eventLog.writer.append([{ channel, entries: list }]))[0]!
  const refill = (list: LogEntry[], base: Position, options = {}) =>
    eventLog.writer.refill({ channel, entries: list }, base, options)
  const head = async () => (await eventLog.writer.heads([channel]))[0]
  const read = async (seq: number, limit = ALL, epoch = EPOCH) =>
    (await eventLog.connect()).history(channel, { epoch, seq }, limit)
  const at = (seq: number, epoch = EPOCH): Position => ({ epoch, seq })
  /** What a reader of this channel hears from now on, by its bytes. */
  const listen = async (given?: EventLogReader) => {
    const heard: string[] = []
    const reader = given ?? (await eventLog.connect())
    reader.onMessage((from, bytes) => void (from === channel && heard.push(bytes)))
    await reader.subscribe(channel)
    return heard
  }
  const bytesOf = (list: readonly LogEntry[]) => list.map(({ bytes }) => bytes)

  describe('an append', () => {
    it('[HIS1] keeps the entries in order and publishes the same bytes', async () => {
      const heard = await listen()
      expect(await append(...entries(1, 2))).toEqual({ ok: true, appended: 2, head: at(2) })
      expect(await append(entry(3))).toEqual({ ok: true, appended: 1, head: at(3) })
      expect(await read(0)).toEqual({ kind: 'complete', head: at(3), entries: entries(1, 3) })
      await vi.waitFor(() => expect(heard).toEqual(bytesOf(entries(1, 3))))
    })

    it('[HIS1] that would leave a gap is refused, and changes and publishes nothing', async () => {
      const heard = await listen()
      await append(entry(1))
      expect(await append(...entries(3, 4))).toEqual({ ok: false, reason: 'gap', head: at(1), appended: 0 })
      expect(await read(0)).toMatchObject({ kind: 'complete', entries: entries(1, 1) })
      await append(entry(2))
      await vi.waitFor(() => expect(heard).toEqual(bytesOf(entries(1, 2))))
    })

    it('[HIS1] answers channel by channel, in their order: one refusal concerns no other', async () => {
      const other = nextChannel()
      const name = other
      const results = await eventLog.writer.append([
        { channel, entries: [entry(5)] },
        { channel: other, entries: [entry(1, { name })] },
      ])
      expect(results).toEqual([
        { ok: false, reason: 'unknown', head: null, appended: 0 },
        { ok: true, appended: 1, head: at(1) },
      ])
      expect(await eventLog.writer.heads([other, channel])).toEqual([at(1), null])
    })

    it('[HIS2] that is repeated is a success, and is not published again', async () => {
      const heard = await listen()
      await append(...entries(1, 3))
      expect(await append(...entries(2, 3))).toEqual({ ok: true, appended: 0, head: at(3) })
      expect(await append(...entries(2, 4))).toEqual({ ok: true, appended: 1, head: at(4) })
      await vi.waitFor(() => expect(heard).toEqual(bytesOf(entries(1, 4))))
    })

    it('[HIS2] of another id at a seq is a conflict, and nothing after it goes in', async () => {
      await append(...entries(1, 3))
      const list = [entry(2), entry(3, { id: 'another' }), entry(4)]
      expect(await append(...list)).toEqual({ ok: false, reason: 'conflict', head: at(3), appended: 0 })
      expect(await read(0)).toMatchObject({ head: at(3), entries: entries(1, 3) })
    })

    it('[HIS2] of what was trimmed cannot be compared', async () => {
      await append(...entries(1, 3))
      await eventLog.trim(channel, 1)
      expect(await append(...entries(2, 4))).toMatchObject({ ok: false, reason: 'unverifiable', head: at(3) })
      expect(await head()).toEqual(at(3))
    })

    it('[HIS3] begins at seq 1 where the log does not know the channel', async () => {
      expect(await append(entry(2))).toEqual({ ok: false, reason: 'unknown', head: null, appended: 0 })
      expect(await head()).toBeNull()
      expect(await append(...entries(1, 2))).toMatchObject({ ok: true, head: at(2) })
      await eventLog.forget(channel)
      expect(await append(entry(3))).toMatchObject({ ok: false, reason: 'unknown' })
    })

    it('[HIS4] of an earlier epoch is refused; of a later one, it needs a refill', async () => {
      await append(entry(1))
      const later = { epoch: LATER }
      expect(await append(entry(2, later))).toMatchObject({ ok: false, reason: 'new_epoch', head: at(1) })
      expect(await refill([], at(1, LATER), { replaces: true })).toMatchObject({ ok: true, head: at(1, LATER) })
      expect(await append(entry(2, later))).toMatchObject({ ok: true, head: at(2, LATER) })
      expect(await append(entry(2))).toMatchObject({ ok: false, reason: 'stale_epoch', head: at(2, LATER) })
      expect(await append(entry(9))).toMatchObject({ ok: false, reason: 'stale_epoch' })
      expect(await head()).toEqual(at(2, LATER))
    })
  })

  describe('a refill', () => {
    it('[HIS3] names its base, and the next append follows it', async () => {
      expect(await refill(entries(8, 9), at(7), { replaces: true })).toMatchObject({ ok: true, head: at(9) })
      expect(await append(entry(10))).toMatchObject({ ok: true, head: at(10) })
      expect(await read(7)).toEqual({ kind: 'complete', head: at(10), entries: entries(8, 10) })
      expect(await read(6)).toEqual({ kind: 'unreachable', head: at(10) })
    })

    it('[HIS3] without entries makes its base the head', async () => {
      expect(await refill([], at(7), { replaces: true })).toMatchObject({ ok: true, appended: 0, head: at(7) })
      expect(await append(entry(8))).toMatchObject({ ok: true, head: at(8) })
    })

    it('[HIS3] is not published', async () => {
      const heard = await listen()
      await refill(entries(1, 2), at(0))
      await append(entry(3))
      await vi.waitFor(() => expect(heard).toEqual([entry(3).bytes]))
    })

    it('[HIS3] of a whole history needs no leave; one that begins later does', async () => {
      expect(await refill(entries(5, 6), at(4))).toEqual({ ok: false, reason: 'gap', head: null, appended: 0 })
      expect(await head()).toBeNull()
      expect(await refill(entries(1, 3), at(0))).toMatchObject({ ok: true, appended: 3, head: at(3) })
    })

    it('[HIS3] continues the head, overlapping or touching, and leaves no gap before it', async () => {
      await append(...entries(1, 3))
      expect(await refill(entries(3, 5), at(2))).toMatchObject({ ok: true, appended: 2, head: at(5) })
      expect(await refill(entries(6, 6), at(5))).toMatchObject({ ok: true, appended: 1, head: at(6) })
      expect(await refill(entries(8, 9), at(7))).toMatchObject({ ok: false, reason: 'gap', head: at(6) })
      expect(await read(0)).toEqual({ kind: 'complete', head: at(6), entries: entries(1, 6) })
    })

    it('[HIS3] takes the history’s place only where nothing older is to be had', async () => {
      await append(...entries(1, 3))
      expect(await refill(entries(8, 9), at(7), { replaces: true })).toMatchObject({ ok: true, head: at(9) })
      expect(await read(7)).toMatchObject({ kind: 'complete', entries: entries(8, 9) })
      expect(await read(2)).toEqual({ kind: 'unreachable', head: at(9) })
    })

    it('[HIS3] never lowers a head within an epoch', async () => {
      await append(...entries(1, 5))
      for (const replaces of [false, true])
        expect(await refill(entries(1, 2), at(0), { replaces })).toMatchObject({ ok: true, appended: 0, head: at(5) })
      expect(await refill([], at(2), { replaces: true })).toMatchObject({ ok: true, head: at(5) })
      expect(await read(0)).toMatchObject({ kind: 'complete', entries: entries(1, 5) })
    })

    it('[HIS2] of another id at a seq is a conflict', async () => {
      await append(...entries(1, 3))
      const list = [entry(2, { id: 'another' }), ...entries(3, 4)]
      expect(await refill(list, at(1))).toMatchObject({ ok: false, reason: 'conflict', head: at(3) })
      expect(await head()).toEqual(at(3))
    })

    it('[HIS3] of a later epoch replaces the history; [HIS4] of an earlier one is refused', async () => {
      await append(...entries(1, 3))
      const later = { epoch: LATER }
      expect(await refill(entries(4, 4, later), at(3, LATER), { replaces: true })).toMatchObject({ ok: true })
      expect(await read(3, ALL, LATER)).toEqual({
        kind: 'complete',
        head: at(4, LATER),
        entries: entries(4, 4, later),
      })
      expect(await read(2)).toEqual({ kind: 'unreachable', head: at(4, LATER) })
      for (const [list, base] of [
        [entries(1, 9), at(0)],
        [entries(9, 9), at(8)],
        [[], at(9)],
      ] as const)
        expect(await refill([...list], base, { replaces: true })).toMatchObject({
          ok: false,
          reason: 'stale_epoch',
          head: at(4, LATER),
        })
      expect(await head()).toEqual(at(4, LATER))
    })

    it('[HIS3] brings back what a failover lost', async () => {
      await append(...entries(1, 6))
      await eventLog.loseAfter(channel, at(4))
      expect(await head()).toEqual(at(4))
      expect(await append(entry(7))).toMatchObject({ ok: false, reason: 'gap', head: at(4) })
      expect(await refill(entries(5, 6), at(4))).toMatchObject({ ok: true, appended: 2, head: at(6) })
      expect(await append(entry(7))).toMatchObject({ ok: true, head: at(7) })
      expect(await read(0)).toMatchObject({ kind: 'complete', entries: entries(1, 7) })
    })
  })

  describe('history', () => {
    it('[HIS5] is complete from the cursor to the head, and empty only when they are equal', async () => {
      await append(...entries(1, 5))
      expect(await read(2)).toEqual({ kind: 'complete', head: at(5), entries: entries(3, 5) })
      expect(await read(5)).toEqual({ kind: 'complete', head: at(5), entries: [] })
    })

    it('[HIS5] is cut at the limit, in entries and in bytes, but never to nothing', async () => {
      await append(...entries(1, 5))
      const size = entry(1).bytes.length
      expect(await read(1, { ...ALL, entries: 2 })).toEqual({ kind: 'partial', head: at(5), entries: entries(2, 3) })
      expect(await read(3, { ...ALL, entries: 2 })).toMatchObject({ kind: 'complete', entries: entries(4, 5) })
      expect(await read(1, { ...ALL, bytes: 2.5 * size })).toMatchObject({ kind: 'partial', entries: entries(2, 3) })
      expect(await read(1, { ...ALL, bytes: 1 })).toMatchObject({ kind: 'partial', entries: entries(2, 2) })
    })

    it('[HIS5] that was trimmed is unreachable from before, and complete from where it begins', async () => {
      await append(...entries(1, 5))
      await eventLog.trim(channel, 2)
      expect(await read(2)).toEqual({ kind: 'unreachable', head: at(5) })
      expect(await read(3)).toEqual({ kind: 'complete', head: at(5), entries: entries(4, 5) })
      await eventLog.trim(channel, 0)
      expect(await read(4)).toEqual({ kind: 'unreachable', head: at(5) })
      expect(await read(5)).toEqual({ kind: 'complete', head: at(5), entries: [] })
    })

    it('[HIS5] says that it is behind the cursor, of another epoch, or unknown', async () => {
      expect(await read(0)).toEqual({ kind: 'unknown' })
      await append(...entries(1, 3))
      expect(await read(4)).toEqual({ kind: 'lagging', head: at(3) })
      expect(await read(1, ALL, LATER)).toEqual({ kind: 'unreachable', head: at(3) })
    })
  })

  describe('a subscription', () => {
    it('[HIS7] gets, once it is confirmed, every entry of its channel, and of no other', async () => {
      const reader = await eventLog.connect()
      const heard = await listen(reader)
      const other = nextChannel()
      await eventLog.writer.append([{ channel: other, entries: [entry(1, { name: other })] }])
      for (let seq = 1; seq <= 20; seq++) await append(entry(seq))
      await vi.waitFor(() => expect(heard).toEqual(bytesOf(entries(1, 20))))
    })

    it('[HIS7] that has ended gets nothing any more', async () => {
      const reader = await eventLog.connect()
      const heard = await listen(reader)
      await append(entry(1))
      await vi.waitFor(() => expect(heard).toHaveLength(1))
      await reader.unsubscribe(channel)
      await append(entry(2))
      const witness = await listen()
      await append(entry(3))
      await vi.waitFor(() => expect(witness).toHaveLength(1))
      expect(heard).toHaveLength(1)
    })

    it('[HIS7] holds again before a break is told', async () => {
      const reader = await eventLog.connect()
      const heard = await listen(reader)
      await append(entry(1))
      await vi.waitFor(() => expect(heard).toHaveLength(1))
      const told = new Promise<void>((resolve) => reader.onBreak(resolve))
      reader.reconnect()
      await told
      await append(entry(2))
      await vi.waitFor(() => expect(heard).toEqual(bytesOf(entries(1, 2))))
    })
  })

  it('[HIS8] has the caught-up lease for as long as it was given, and no longer', async () => {
    const reader = await eventLog.connect()
    const channel = nextChannel()
    const give = (forMs: number) =>
      eventLog.writer.renewCaughtUpLeases(
        [
          { shard: 3, except: [] },
          { shard: 5, except: [channel] },
        ],
        forMs,
      )
    const caughtUp = async () => [...(await reader.caughtUp([3, 4, 5]))].map(([shard, except]) => [shard, ...except])
    await give(1)
    await vi.waitFor(async () => expect(await caughtUp()).toEqual([]))
    await give(60_000.7)
    expect(await caughtUp()).toEqual([[3], [5, channel]])
    await give(1)
    await vi.waitFor(async () => expect(await caughtUp()).toEqual([]))
  })
}

function nextChannel(): ChannelName {
  const number = String(++born).padStart(12, '0')
  return `00000000-0000-4000-8000-00000000000a/l:00000000-0000-4000-8000-${number}/scheduling` as ChannelName
}
