import { comparePositions, type ChannelName, type Position } from '@derm/contract'
import { delay } from '../delay.ts'
import type { ManualClock } from '../testing/manual-clock.ts'
import { shardOf } from '../event-log/shard.ts'
import type { OutboxRow } from '../event-log/outbox-row.ts'
import type { ChannelHead, LockedShard, RelayStore } from './relay-store.ts'
import type { Dice } from '../testing/random.ts'

const ID_BEGIN = '00000000-0000-4000-8000-'
const ENTITY = `${ID_BEGIN}${'f'.repeat(12)}`
/** What a client checks of an event, apart from its place. */
const BODY = JSON.stringify({ actorId: ENTITY, subject: { type: 'patient', id: ENTITY, version: 1 }, data: {} })

type Row = OutboxRow & { isPublished: boolean }
type Head = ChannelHead & { isLocked: boolean }
type Transaction = { marks: Row[]; undo: (() => void)[]; locked: Head[] }

/** A pod's connection to the outbox. Once it is lost, every call fails, and what was open is rolled back. */
export type OutboxSession = RelayStore & { crash(): void }

/** Postgres in memory, as far as the relay sees it: commits, locks that end with their transaction, transactions that roll back. */
export class MemoryOutbox {
  readonly heads = new Map<ChannelName, Head>()
  private rows: Row[] = []
  /** Every id that was ever committed at a position, lost ones too. */
  private readonly ids = new Map<string, Set<string>>()
  private readonly lockHolders = new Map<number, Promise<void>>()
  private epochs = 1
  private isOther = false
  private committed = 0

  constructor(
    channels: readonly ChannelName[],
    private readonly clock: ManualClock,
    private readonly dice: Dice,
  ) {
    const epoch = this.nextEpoch()
    for (const channel of channels) this.heads.set(channel, { channel, epoch, seq: 0, base: 0, isLocked: false })
  }

  /** @returns the shard to wake a relay for, or `null` when the channel's head is locked: the writer would wait. */
  commit(channel: ChannelName, count: number, body = BODY): number | null {
    const head = this.heads.get(channel)!
    if (head.isLocked) return null
    for (let i = 0; i < count; i++) {
      head.seq++
      const { epoch, seq } = head
      const id = `${ID_BEGIN}${(++this.committed).toString(16).padStart(12, '0')}`
      this.rows.push({
        channel,
        epoch,
        seq,
        id,
        type: 'patient:updated',
        at: this.clock.now(),
        body,
        isPublished: false,
      })
      const key = `${channel}|${epoch}|${seq}`
      this.ids.set(key, (this.ids.get(key) ?? new Set()).add(id))
    }
    return shardOf(channel)
  }

  wasCommitted(channel: string, { epoch, seq }: Position, id?: string): boolean {
    const ids = this.ids.get(`${channel}|${epoch}|${seq}`)
    return id === undefined ? ids !== undefined : ids?.has(id) === true
  }

  /** Whether a position of the channel was ever in the outbox: an event's, or where an epoch began. */
  isKnown(channel: ChannelName, position: Position): boolean {
    if (position.seq === 0 || this.wasCommitted(channel, position)) return true
    return this.begun.has(`${channel}|${position.epoch}|${position.seq}`)
  }
  private readonly begun = new Set<string>()

  /** A replica that lagged takes over: the last `count` events of a channel are gone, their numbers will be used again. */
  failOver(channel: ChannelName, count: number): void {
    const head = this.heads.get(channel)!
    if ([...this.heads.values()].some(({ isLocked }) => isLocked)) return
    const keep = Math.max(head.base, head.seq - count)
    this.rows = this.rows.filter((row) => row.channel !== channel || row.epoch !== head.epoch || row.seq <= keep)
    head.seq = keep
    this.isOther = true
  }

  get pendingRows(): number {
    return this.rows.filter(({ isPublished }) => !isPublished).length
  }

  connect(): OutboxSession {
    let isAlive = true
    const open = new Set<Transaction>()
    const assertAlive = () => {
      if (!isAlive) throw new Error('the connection to the outbox was lost')
    }
    const pause = async () => {
      assertAlive()
      await this.pause()
      assertAlive()
    }
    return {
      crash: () => {
        isAlive = false
        for (const transaction of open) rollBack(transaction)
        open.clear()
      },
      withShardLock: async (shard, { wait }, work) => {
        await pause()
        if (!wait && this.lockHolders.has(shard)) return 'busy'
        while (this.lockHolders.has(shard)) await this.lockHolders.get(shard)
        let release = () => {}
        const held = new Promise<void>((resolve) => (release = resolve))
        this.lockHolders.set(shard, held)
        const transaction: Transaction = { marks: [], undo: [], locked: [] }
        open.add(transaction)
        try {
          assertAlive()
          const result = await work(this.createLockedShard(shard, transaction, pause))
          await pause()
          for (const row of transaction.marks) row.isPublished = true
          for (const head of transaction.locked) head.isLocked = false
          open.delete(transaction)
          return result
        } finally {
          if (open.delete(transaction)) rollBack(transaction)
          this.lockHolders.delete(shard)
          release()
        }
      },
      followServer: async () => {
        await pause()
        if (!this.isOther || [...this.heads.values()].some(({ isLocked }) => isLocked)) return false
        this.isOther = false
        const epoch = this.nextEpoch()
        for (const row of this.rows) row.isPublished = true
        for (const head of this.heads.values()) this.begin(head, epoch, head.seq)
        return true
      },
      oldestPendingMs: async () => {
        await pause()
        const waiting = this.rows.filter(({ isPublished }) => !isPublished)
        return waiting.length === 0 ? null : this.clock.now() - Math.min(...waiting.map(({ at }) => at))
      },
      latePending: async (ms, limit) => {
        await pause()
        const late = this.rows.filter(({ isPublished, at }) => !isPublished && this.clock.now() - at >= ms)
        const channels = [...new Set(late.map(({ channel }) => channel))]
        return channels.slice(0, limit).map((channel) => ({ shard: shardOf(channel), channel }))
      },
    }
  }

  private createLockedShard(shard: number, transaction: Transaction, pause: () => Promise<void>): LockedShard {
    const ofShard = (row: { channel: ChannelName }) => shardOf(row.channel) === shard
    return {
      pending: async (limit, except = []) => {
        await pause()
        return this.rows
          .filter(
            (row) =>
              ofShard(row) && !row.isPublished && !transaction.marks.includes(row) && !except.includes(row.channel),
          )
          .toSorted((a, b) => (a.channel < b.channel ? -1 : a.channel > b.channel ? 1 : a.seq - b.seq))
          .slice(0, limit)
          .map((row) => ({ ...row }))
      },
      mark: async (marked) => {
        await pause()
        for (const { channel, epoch, seq } of marked)
          transaction.marks.push(
            ...this.rows.filter((row) => row.channel === channel && row.epoch === epoch && row.seq === seq),
          )
      },
      heads: async () => {
        await pause()
        return [...this.heads.values()].filter(ofShard).map(({ channel, epoch, seq, base, isAhead }) => ({
          channel,
          epoch,
          seq,
          base,
          ...(isAhead ? { isAhead } : {}),
        }))
      },
      read: async (channel, after, limit) => {
        await pause()
        const { epoch } = this.heads.get(channel)!
        return this.rows
          .filter((row) => row.channel === channel && row.epoch === epoch && row.seq > after)
          .slice(0, limit)
      },
      startEpoch: async (channel, than) => {
        await pause()
        const head = this.heads.get(channel)!
        const before = { ...head }
        const moved = this.rows.filter(
          (row) => row.channel === channel && !row.isPublished && !transaction.marks.includes(row),
        )
        const epochs = moved.map(({ epoch }) => epoch)
        const epoch = this.nextEpoch(
          comparePositions({ epoch: than, seq: 0 }, { epoch: head.epoch, seq: 0 }) > 0 ? than : head.epoch,
        )
        for (const row of moved) this.moveRow(row, epoch)
        this.begin(head, epoch, moved.length > 0 ? moved[0]!.seq - 1 : head.seq)
        head.isLocked = true
        transaction.locked.push(head)
        transaction.undo.push(() => {
          Object.assign(head, before)
          for (const [i, row] of moved.entries()) row.epoch = epochs[i]!
        })
        return { channel, epoch: head.epoch, seq: head.seq, base: head.base }
      },
    }
  }

  private moveRow(row: Row, epoch: string): void {
    row.epoch = epoch
    const key = `${row.channel}|${epoch}|${row.seq}`
    this.ids.set(key, (this.ids.get(key) ?? new Set()).add(row.id))
  }

  private begin(head: Head, epoch: string, base: number): void {
    head.epoch = epoch
    head.base = base
    delete head.isAhead
    this.begun.add(`${head.channel}|${epoch}|${base}`)
  }

  private nextEpoch(than = ''): string {
    do this.epochs++
    while (toEpoch(this.epochs) <= than)
    return toEpoch(this.epochs)
  }

  private pause(): Promise<void> {
    return delay(this.clock, this.dice.between(0, 4))
  }
}

const toEpoch = (n: number) => n.toString(16).padStart(16, '0')

function rollBack({ undo, locked }: Transaction): void {
  for (const step of undo.toReversed()) step()
  for (const head of locked) head.isLocked = false
}
