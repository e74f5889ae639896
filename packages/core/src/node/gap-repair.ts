import { comparePositions, type Position } from '@derm/contract'
import type { HistoryRead, LogEntry } from '../event-log/event-log.ts'
import type { ChannelDelivery } from './channel-delivery.ts'
import type { ChannelSubscription } from './channel-subscription.ts'
import type { HubOptions, HubSettings, ResyncReason } from './hub-options.ts'
import type { MessageBuffer } from './message-buffer.ts'

/** `read_on`: history has more. `wait`: it may have more in a moment. */
type Progress = 'done' | 'read_on' | 'wait'
type Filled = { entries: number; bytes: number }

/** Fills the gap after a channel's last position from history; one at a time, while messages are buffered. [REC3] */
export class GapRepair<Member> {
  private underWay: Promise<void> | undefined

  constructor(
    private readonly delivery: ChannelDelivery<Member>,
    private readonly subscription: ChannelSubscription,
    private readonly buffer: MessageBuffer,
    private readonly options: HubOptions<Member> & { settings: HubSettings },
    private readonly onEnd: () => void,
  ) {}

  get isUnderWay(): boolean {
    return this.underWay !== undefined
  }

  run(): Promise<void> {
    this.underWay ??= this.fill().finally(() => {
      this.underWay = undefined
      this.onEnd()
    })
    return this.underWay
  }

  private async fill(): Promise<void> {
    const { delivery, subscription, options } = this
    const filled: Filled = { entries: 0, bytes: 0 }
    delivery.gapSince ??= options.clock.elapsed()
    while (delivery.last && !subscription.isOver && options.isConfirmed()) {
      const read = await this.readAfter(delivery.last)
      const progress = this.apply(read, delivery.last, filled)
      if (progress === 'done') return
      if (progress === 'read_on') continue
      if (options.clock.elapsed() - delivery.gapSince >= options.settings.waitMs) return this.giveUp(delivery.last)
      await subscription.pause(options.settings.retryMs)
    }
  }

  private readAfter(last: Position): Promise<HistoryRead | null> {
    const { eventLog, settings, logger } = this.options
    const limit = { entries: settings.recoveryEntries, bytes: settings.recoveryBytes }
    return eventLog.history(this.delivery.name, last, limit).catch((error: unknown) => {
      logger.warn({ error }, 'a gap could not be read')
      return null
    })
  }

  private apply(read: HistoryRead | null, last: Position, filled: Filled): Progress {
    switch (read?.kind) {
      case 'unreachable':
        return this.followHead(read.head, last)
      case 'complete':
      case 'partial':
        // Access may have become unconfirmed while history was read.
        if (!this.options.isConfirmed()) return 'done'
        if (!this.deliverAll(read.entries, filled)) return this.resync(read.head, 'trimmed')
        if (read.kind === 'complete') return this.complete(filled)
        return this.isBeyondLimit(filled) ? this.resync(read.head, 'limit') : 'read_on'
      case 'lagging':
      case 'unknown':
      case undefined:
        return 'wait'
    }
  }

  /** History does not reach back to `last`. A head of an older epoch is that of a log that has lost data, and will learn the newer one again. */
  private followHead(head: Position, last: Position): Progress {
    if (comparePositions(head, last) <= 0) return 'wait'
    return this.resync(head, head.epoch === last.epoch ? 'trimmed' : 'epoch')
  }

  /** @returns whether each entry followed the one before it. */
  private deliverAll(entries: readonly LogEntry[], filled: Filled): boolean {
    for (const { bytes } of entries) {
      const prefix = this.delivery.readNext(bytes)
      if (!prefix) return false
      this.delivery.deliver(prefix, bytes)
      filled.bytes += bytes.length
    }
    filled.entries += entries.length
    return true
  }

  /** A buffered message beyond the log's head was lost from the log again: it waits for the refill. */
  private complete({ entries }: Filled): Progress {
    const { delivery, buffer } = this
    if (entries > 0) this.options.observer?.repaired?.(entries)
    const { epoch, seq } = delivery.last!
    const newest = buffer.newest()
    const isFilled =
      !newest ||
      comparePositions(newest, { epoch, seq }) <= 0 ||
      (newest.epoch === epoch && buffer.has({ epoch, seq: seq + 1 }))
    if (!isFilled) return 'wait'
    delivery.gapSince = undefined
    return 'done'
  }

  private isBeyondLimit({ entries, bytes }: Filled): boolean {
    const { recoveryEntries, recoveryBytes } = this.options.settings
    return entries >= recoveryEntries || bytes >= recoveryBytes
  }

  /** Out of time: the members go on from the newest message that has come. */
  private giveUp(last: Position): void {
    const newest = this.buffer.newest()
    if (newest && comparePositions(newest, last) > 0) this.delivery.resyncTo(newest, 'timeout')
    else this.delivery.gapSince = undefined
  }

  private resync(position: Position, reason: ResyncReason): Progress {
    this.delivery.resyncTo(position, reason)
    return 'done'
  }
}
