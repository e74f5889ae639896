import type { ChannelName, Position } from '@derm/contract'
import { beforeEach, describe, expect, it } from 'vitest'
import { encodeEntry } from './frame.ts'
import type { EventLogReader, EventLogWriter, LogEntry } from './event-log.ts'

export type LogUnderTest = { writer: EventLogWriter; connect(): EventLogReader | Promise<EventLogReader> }

const EPOCH = '0000000000020000'
const EARLIER = '0000000000010000'
const LATER = '0000000000030000'
const sign = () => 's'.repeat(22)
const LIMIT = { entries: 100, bytes: 1_000_000 }
const at = (seq: number, epoch = EPOCH): Position => ({ epoch, seq })

/** What every event log does, whatever it is made of. `maxEntries` of the log under test: at least 50. */
export function describeEventLog(name: string, create: () => LogUnderTest | Promise<LogUnderTest>): void {
  describe(`${name} as an event log`, () => {
    let log: LogUnderTest
    let channel: ChannelName
    beforeEach(async () => {
      log = await create()
      channel = `${crypto.randomUUID()}/l:${crypto.randomUUID()}/scheduling` as ChannelName
    })

    const entry = (seq: number, epoch = EPOCH, id = `${epoch}-${seq}`): LogEntry =>
      encodeEntry({ channel, epoch, seq, id, type: 'waitlist:added', at: 1_800_000_000_000, body: '{"data":{}}' }, sign)
    const entries = (first: number, last: number, epoch = EPOCH) =>
      Array.from({ length: last - first + 1 }, (_, i) => entry(first + i, epoch))
    const append = async (...batch: LogEntry[]) => (await log.writer.append([{ channel, entries: batch }]))[0]!
    const refill = (batch: LogEntry[], base: Position, replaces = false) =>
      log.writer.refill({ channel, entries: batch }, base, { replaces })
    const head = async () => (await log.writer.heads([channel]))[0]
    const seqs = async (after: Position, limit = LIMIT) => {
      const read = await (await log.connect()).history(channel, after, limit)
      return { kind: read.kind, seqs: 'entries' in read ? read.entries.map(({ seq }) => seq) : [] }
    }

    it('[HIS1] appends from seq 1 on, without a hole', async () => {
      expect(await append(...entries(1, 3))).toEqual({ ok: true, appended: 3, head: at(3) })
      expect(await append(entry(5))).toMatchObject({ ok: false, reason: 'gap', appended: 0, head: at(3) })
      expect(await append(entry(4))).toMatchObject({ ok: true, appended: 1 })
      expect(await head()).toEqual(at(4))
    })

    it('[HIS1] takes several channels in one call, each by itself', async () => {
      const other = `${crypto.randomUUID()}/t/patients` as ChannelName
      const [first, second] = await log.writer.append([
        { channel, entries: [entry(2)] },
        { channel: other, entries: [entry(1)] },
      ])
      expect(first).toMatchObject({ ok: false, reason: 'unknown' })
      expect(second).toMatchObject({ ok: true, appended: 1 })
      expect(await log.writer.heads([channel, other])).toEqual([null, at(1)])
    })

    it('[HIS2] takes what is there already for done when it is the same, and for a conflict when it is not', async () => {
      await append(...entries(1, 3))
      expect(await append(...entries(2, 5))).toEqual({ ok: true, appended: 2, head: at(5) })
      expect(await append(entry(4, EPOCH, 'another'))).toMatchObject({ ok: false, reason: 'conflict', head: at(5) })
    })

    it('[HIS3] knows nothing of a channel until seq 1 or a refill that is all there is', async () => {
      expect(await append(entry(7))).toMatchObject({ ok: false, reason: 'unknown', head: null })
      expect(await refill(entries(5, 7), at(4))).toMatchObject({ ok: false, reason: 'gap' })
      expect(await refill(entries(5, 7), at(4), true)).toMatchObject({ ok: true, head: at(7) })
      expect(await append(entry(8))).toMatchObject({ ok: true })
      expect(await seqs(at(4))).toEqual({ kind: 'complete', seqs: [5, 6, 7, 8] })
      expect(await seqs(at(3))).toMatchObject({ kind: 'unreachable' })
    })

    it('[HIS3] takes an empty refill for the head of a channel that has no events yet', async () => {
      expect(await refill([], at(0), true)).toMatchObject({ ok: true, head: at(0) })
      expect(await head()).toEqual(at(0))
      expect(await append(entry(1))).toMatchObject({ ok: true, appended: 1 })
    })

    it('[HIS3] is not lowered by a refill, and has no hole after one', async () => {
      await append(...entries(1, 5))
      expect(await refill(entries(2, 3), at(1))).toMatchObject({ ok: true, appended: 0, head: at(5) })
      expect(await refill(entries(9, 9), at(8))).toMatchObject({ ok: false, reason: 'gap', head: at(5) })
      expect(await refill(entries(4, 8), at(3))).toMatchObject({ ok: true, appended: 3, head: at(8) })
      expect(await seqs(at(0))).toEqual({ kind: 'complete', seqs: [1, 2, 3, 4, 5, 6, 7, 8] })
      expect(await refill(entries(20, 21), at(19), true)).toMatchObject({ ok: true, head: at(21) })
      expect(await seqs(at(8))).toMatchObject({ kind: 'unreachable' })
    })

    it('[HIS3] begins a later epoch only by a refill, which replaces the history', async () => {
      await append(...entries(1, 5))
      expect(await append(entry(6, LATER))).toMatchObject({ ok: false, reason: 'new_epoch' })
      expect(await refill([entry(6, LATER)], at(5, LATER), true)).toMatchObject({ ok: true, head: at(6, LATER) })
      expect(await seqs(at(5, LATER))).toEqual({ kind: 'complete', seqs: [6] })
      expect(await seqs(at(5))).toMatchObject({ kind: 'unreachable' })
    })

    it('[HIS4] refuses writers of an earlier epoch', async () => {
      await append(...entries(1, 2))
      expect(await append(entry(3, EARLIER))).toMatchObject({ ok: false, reason: 'stale_epoch', head: at(2) })
      expect(await refill([entry(9, EARLIER)], at(8, EARLIER), true)).toMatchObject({
        ok: false,
        reason: 'stale_epoch',
      })
      expect(await head()).toEqual(at(2))
    })

    it('[HIS5] reads history up to the head or the limit, and nothing only at the head', async () => {
      await append(...entries(1, 10))
      expect(await seqs(at(7))).toEqual({ kind: 'complete', seqs: [8, 9, 10] })
      expect(await seqs(at(10))).toEqual({ kind: 'complete', seqs: [] })
      expect(await seqs(at(2), { entries: 3, bytes: 1_000_000 })).toEqual({ kind: 'partial', seqs: [3, 4, 5] })
      expect(await seqs(at(2), { entries: 9, bytes: 1 })).toEqual({ kind: 'partial', seqs: [3] })
      expect(await seqs(at(11))).toMatchObject({ kind: 'behind' })
      expect(await seqs(at(3, EARLIER))).toMatchObject({ kind: 'unreachable' })
      const read = await (await log.connect()).history(`${channel.slice(0, 36)}/t/billing` as ChannelName, at(0), LIMIT)
      expect(read).toEqual({ kind: 'unknown' })
    })

    it('[HIS5] keeps the bytes as they were', async () => {
      await append(...entries(1, 2))
      const read = await (await log.connect()).history(channel, at(0), LIMIT)
      expect('entries' in read && read.entries).toEqual(entries(1, 2))
    })

    it('[HIS7] publishes what is appended to who has subscribed, in order, once; and no refill', async () => {
      const reader = await log.connect()
      const heard: string[] = []
      reader.onMessage((from, bytes) => from === channel && heard.push(bytes))
      await reader.subscribe(channel)
      await append(...entries(1, 3))
      await append(...entries(2, 4))
      await refill(entries(5, 6), at(4))
      await append(entry(7))
      await expect.poll(() => heard.length).toBe(5)
      expect(heard).toEqual([...entries(1, 4), entry(7)].map(({ bytes }) => bytes))
      await reader.unsubscribe(channel)
      await append(entry(8))
      expect(await head()).toEqual(at(8))
      expect(heard).toHaveLength(5)
    })
  })
}
