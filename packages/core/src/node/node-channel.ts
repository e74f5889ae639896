import { comparePositions, type ChannelName, type Position } from '@derm/contract'
import type { LogEntry } from '../event-log/event-log.ts'
import { frameOf, isAuthentic, isTombstone, readPrefix, type Prefix } from '../event-log/frame.ts'
import type { HubOptions, HubSettings, ResyncReason } from './hub-options.ts'
import { FrameRing } from './frame-ring.ts'
import { withTimeout } from '../with-timeout.ts'

/**
 * One channel on one node.
 *
 *     subscribing ──▶ subscribed ◀──▶ lingering ──▶ leaving ──▶ (gone; who joins meanwhile starts a new life)
 *
 * *subscribing*: the log's feed is being joined; the head is read only after that has been confirmed, so nothing falls between.
 * *subscribed*: `last` is the newest position that was delivered to the members. *lingering*: nobody is left, the feed goes on for a
 * while. Messages below `last` are dropped, the next one is delivered, a later one is a gap: it waits until history has filled it.
 */
export type Phase = 'subscribing' | 'subscribed' | 'lingering' | 'leaving'

/** The place of a channel that the log does not know: before everything. */
const NOWHERE: Position = { epoch: '0000000000000000', seq: 0 }

/** What was read for one that wants to join: complete up to `upTo`. `finish` completes it up to the channel's last. */
export type Prepared = {
  channel: NodeChannel<never>
  cursor: Position | undefined
  frames: string[]
  upTo: Position
  status: 'live' | 'recovered' | 'resync'
}

export class NodeChannel<Member> {
  phase: Phase = 'subscribing'
  /** `null`: the log does not know the channel. */
  last: Position | null = null
  readonly members = new Set<Member>()
  /** Joins under way: they keep the channel from leaving. */
  pendingJoins = 0
  readonly ready: Promise<void>
  private readonly ring: FrameRing
  private readonly buffered: { prefix: Prefix; bytes: string }[] = []
  private repairing: Promise<void> | undefined
  private gapSince: number | undefined
  /** Whoever pauses; the end of this life wakes them all, or who waits for them would wait for ever. */
  private readonly pausing = new Set<() => void>()

  constructor(
    readonly name: ChannelName,
    private readonly options: HubOptions<Member> & { settings: HubSettings },
  ) {
    this.ring = new FrameRing(options.settings.ringEntries, options.settings.ringBytes)
    this.ready = this.begin()
    // Whoever joins hears of a failure; a channel that nobody waits for any more must not end the process.
    this.ready.catch(() => {})
  }

  private async begin(): Promise<void> {
    const { eventLog, clock, settings } = this.options
    await this.subscribe()
    if (this.isOver()) return
    const deadline = clock.elapsed() + settings.waitMs
    for (;;) {
      const [head] = await eventLog.heads([this.name])
      if (head) this.last = head
      if (head || clock.elapsed() >= deadline) break
      await this.pause(settings.retryMs)
      if (this.isOver()) return
    }
    if (this.isOver()) return
    this.phase = 'subscribed'
    this.replayBuffered()
  }

  /** Who waits for a feed that is away waits so long and no longer: those who gave up meanwhile would be kept for all of an outage. */
  private async subscribe(): Promise<void> {
    const { eventLog, clock, settings } = this.options
    const deadline = clock.elapsed() + settings.waitMs
    for (;;) {
      const left = deadline - clock.elapsed()
      const failure = await withTimeout(clock, left, 'a subscription', eventLog.subscribe(this.name)).then(
        () => null,
        (error: unknown) => ({ error }),
      )
      if (!failure || this.isOver()) return
      if (clock.elapsed() + settings.retryMs >= deadline) throw failure.error
      await this.pause(settings.retryMs)
      if (this.isOver()) return
    }
  }

  receive(bytes: string): void {
    const prefix = readPrefix(bytes)
    if (!prefix || !isAuthentic(this.name, bytes, this.options.sign)) return this.options.observer?.foreignMessage?.()
    if (this.phase === 'subscribing' || this.repairing) {
      this.buffer(prefix, bytes)
      return
    }
    this.accept(prefix, bytes)
  }

  private accept(prefix: Prefix, bytes: string): void {
    // Held, not lost: `last` stays, and once access is confirmed the comparison of heads finds what was not delivered.
    if (!this.options.isConfirmed()) return
    const { last } = this
    if (!last || prefix.epoch > last.epoch)
      return this.moveTo({ epoch: prefix.epoch, seq: prefix.seq }, last ? 'epoch' : 'unknown_head')
    if (prefix.epoch < last.epoch || prefix.seq <= last.seq) return
    if (prefix.seq === last.seq + 1) return this.deliver(prefix, bytes)
    this.buffer(prefix, bytes)
    this.options.observer?.gapFound?.('sequence')
    void this.repair()
  }

  private deliver(prefix: Prefix, bytes: string): void {
    const frame = frameOf(bytes)
    this.last = { epoch: prefix.epoch, seq: prefix.seq }
    // A tombstone cannot be part of a recovery: whoever would need it is told to resync.
    if (isTombstone(bytes)) this.ring.clear()
    else this.ring.push(prefix.seq, frame)
    if (this.members.size === 0) return
    this.options.deliver(this.name, this.members, frame, prefix)
    this.options.observer?.delivered?.(this.members.size, prefix.at)
    if (isTombstone(bytes)) this.options.observer?.resynced?.('tombstone', this.members.size)
  }

  /** Gives up on what lies between, and says so. */
  private moveTo(position: Position, reason: ResyncReason): void {
    this.last = position
    this.ring.clear()
    this.gapSince = undefined
    if (this.members.size === 0) return
    this.options.resync(this.name, this.members, position)
    this.options.observer?.resynced?.(reason, this.members.size)
  }

  private buffer(prefix: Prefix, bytes: string): void {
    this.buffered.push({ prefix, bytes })
    // Bounded: what is dropped here is found again in history, or by the comparison of heads.
    if (this.buffered.length > this.options.settings.ringEntries) this.buffered.shift()
  }

  private replayBuffered(): void {
    for (const { prefix, bytes } of this.buffered.splice(0)) this.accept(prefix, bytes)
  }

  /** Fills the gap after `last` from history. One at a time; messages wait meanwhile. [REC3] */
  repair(): Promise<void> {
    this.repairing ??= this.fill().finally(() => {
      this.repairing = undefined
      if (this.phase !== 'leaving') this.replayBuffered()
    })
    return this.repairing
  }

  private async fill(): Promise<void> {
    const { eventLog, clock, settings, observer, logger } = this.options
    this.gapSince ??= clock.elapsed()
    let count = 0
    let bytes = 0
    while (this.last && this.phase !== 'leaving' && this.options.isConfirmed()) {
      const limit = { entries: settings.recoveryEntries, bytes: settings.recoveryBytes }
      const read = await eventLog.history(this.name, this.last, limit).catch((error: unknown) => {
        logger.warn({ error }, 'a gap could not be read')
        return null
      })
      if (read?.kind === 'unreachable') {
        // An older epoch is a log that has lost data, and will learn the newer one again.
        if (comparePositions(read.head, this.last) > 0)
          return this.moveTo(read.head, read.head.epoch === this.last.epoch ? 'trimmed' : 'epoch')
      } else if (read?.kind === 'complete' || read?.kind === 'partial') {
        if (!this.options.isConfirmed()) return
        for (const entry of read.entries) {
          const deliverable = this.checkEntry(entry)
          if (!deliverable) return this.moveTo(read.head, 'trimmed')
          this.deliver(deliverable, entry.bytes)
          bytes += entry.bytes.length
        }
        count += read.entries.length
        if (read.kind === 'complete') {
          if (count > 0) observer?.repaired?.(count)
          const known = this.newestBuffered()
          // Something published is later than the log's head: the log lost it again, and will be refilled.
          if (
            !known ||
            comparePositions(known, this.last) <= 0 ||
            (known.epoch === this.last.epoch && this.hasBuffered(this.last.seq + 1))
          ) {
            this.gapSince = undefined
            return
          }
        } else if (count >= settings.recoveryEntries || bytes >= settings.recoveryBytes)
          return this.moveTo(read.head, 'limit')
        else continue
      }
      if (clock.elapsed() - this.gapSince >= settings.waitMs) {
        const known = this.newestBuffered()
        if (known && comparePositions(known, this.last) > 0) return this.moveTo(known, 'timeout')
        this.gapSince = undefined
        return
      }
      await this.pause(settings.retryMs)
    }
  }

  private checkEntry({ bytes }: LogEntry): Prefix | null {
    const prefix = readPrefix(bytes)
    const isNext = prefix?.epoch === this.last?.epoch && prefix?.seq === (this.last?.seq ?? 0) + 1
    return prefix && isNext && isAuthentic(this.name, bytes, this.options.sign) ? prefix : null
  }

  private newestBuffered(): Position | undefined {
    let newest: Position | undefined
    for (const { prefix } of this.buffered)
      if (!newest || comparePositions(prefix, newest) > 0) newest = { epoch: prefix.epoch, seq: prefix.seq }
    return newest
  }

  private hasBuffered(seq: number): boolean {
    return this.buffered.some(({ prefix }) => prefix.epoch === this.last?.epoch && prefix.seq === seq)
  }

  /** The log's head as somebody read it. @returns whether it shows a gap. A head behind ours is a log that has lost data: we wait. */
  lacks(head: Position | null): boolean {
    return head !== null && (this.last === null || comparePositions(head, this.last) > 0)
  }

  /** Whether nothing is missing here nor there: `head` is the log's, asked for when this channel had `lastThen`. */
  isInSync(head: Position | null, lastThen: Position | null): boolean {
    if (this.isRepairing || this.lacks(head)) return false
    return !lastThen || (head !== null && comparePositions(head, lastThen) >= 0)
  }

  /** The log has learnt a head that we never had. */
  learnHead(head: Position): void {
    if (!this.last && this.options.isConfirmed()) this.moveTo(head, 'unknown_head')
  }

  /** Reads what a cursor lacks. Waits for a log that lost data, `waitMs` at most. */
  async prepare(cursor: Position | undefined): Promise<Prepared> {
    const { eventLog, clock, settings } = this.options
    const deadline = clock.elapsed() + settings.waitMs
    const prepared = (status: Prepared['status'], upTo: Position, frames: string[] = []): Prepared => ({
      channel: this as unknown as NodeChannel<never>,
      cursor,
      frames,
      upTo,
      status,
    })
    for (;;) {
      await this.ready
      const { last } = this
      if (!last || this.isOver()) return prepared('resync', last ?? NOWHERE)
      if (!cursor) return prepared('live', last)
      const order = comparePositions(cursor, last)
      if (order === 0) return prepared('recovered', last)
      if (order < 0) {
        if (cursor.epoch !== last.epoch) return prepared('resync', last)
        const held = this.ring.between(cursor.seq, last.seq)
        if (held) return this.isTooMuch(held) ? prepared('resync', last) : prepared('recovered', last, held)
        const read = await eventLog.history(this.name, cursor, {
          entries: settings.recoveryEntries,
          bytes: settings.recoveryBytes,
        })
        if (read.kind === 'unreachable' || read.kind === 'partial') return prepared('resync', this.last ?? NOWHERE)
        if (read.kind === 'complete') {
          // Not beyond what this node has delivered: the rest comes live.
          const reach = Math.min(read.head.seq, this.last?.epoch === cursor.epoch ? this.last.seq : read.head.seq)
          const entries = read.entries.filter(({ seq }) => seq <= reach)
          const isSound = entries.every(
            ({ bytes }) => !isTombstone(bytes) && isAuthentic(this.name, bytes, this.options.sign),
          )
          if (!isSound) return prepared('resync', this.last ?? NOWHERE)
          const upTo = { epoch: cursor.epoch, seq: entries.at(-1)?.seq ?? cursor.seq }
          // Short of what this node has delivered, and the ring does not hold the rest: the log has lost its end. [REC4]
          const isShort = this.last?.epoch === upTo.epoch && this.ring.between(upTo.seq, this.last.seq) === null
          if (!isShort) {
            return prepared(
              'recovered',
              upTo,
              entries.map(({ bytes }) => frameOf(bytes)),
            )
          }
        }
      }
      // The cursor is ahead of us, or the log has lost what it needs: a refill is due.
      if (clock.elapsed() >= deadline) return prepared('resync', this.last ?? NOWHERE)
      await this.pause(settings.retryMs)
    }
  }

  private isOver(): boolean {
    return this.phase === 'leaving'
  }

  get isRepairing(): boolean {
    return this.repairing !== undefined
  }

  private isTooMuch(frames: readonly string[]): boolean {
    const { recoveryEntries, recoveryBytes } = this.options.settings
    return frames.length > recoveryEntries || frames.reduce((sum, frame) => sum + frame.length, 0) > recoveryBytes
  }

  /**
   * Completes what was prepared up to this channel's last, without a pause: the caller adds the member and answers in the same tick.
   * `null`: too much has happened since, prepare again.
   */
  finish({
    cursor,
    frames,
    upTo,
    status,
  }: Prepared): { status: Prepared['status']; position: Position; frames: string[] } | null {
    if (this.phase === 'leaving') return null
    const position = this.last ?? NOWHERE
    if (status !== 'recovered') return { status: status === 'live' && cursor ? 'resync' : status, position, frames: [] }
    if (upTo.epoch !== position.epoch) return { status: 'resync', position, frames: [] }
    const since = this.ring.between(upTo.seq, position.seq)
    if (!since) return null
    return { status, position, frames: [...frames, ...since] }
  }

  end(): void {
    this.phase = 'leaving'
    for (const wake of this.pausing) wake()
  }

  private pause(ms: number): Promise<void> {
    const { clock } = this.options
    return new Promise((resolve) => {
      const wake = () => {
        clock.clearTimeout(timer)
        this.pausing.delete(wake)
        resolve()
      }
      const timer = clock.setTimeout(wake, ms)
      this.pausing.add(wake)
    })
  }
}
