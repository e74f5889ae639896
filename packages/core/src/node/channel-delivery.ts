import { isPlausibleEpoch, type ChannelName, type Position } from '@derm/contract'
import { frameOf, isAuthentic, isTombstone, readPrefix, type Prefix } from '../event-log/frame.ts'
import { FrameRing } from './frame-ring.ts'
import type { HubOptions, HubSettings, ResyncReason } from './hub-options.ts'

/** What of one channel was delivered to its members, and how. */
export class ChannelDelivery<Member> {
  readonly members = new Set<Member>()
  /** The newest position that was delivered; `null` where the event log does not know the channel. */
  last: Position | null = null
  /** Since when a gap after `last` waits to be filled. */
  gapSince: number | undefined
  private readonly ring: FrameRing

  constructor(
    readonly name: ChannelName,
    private readonly options: HubOptions<Member> & { settings: HubSettings },
  ) {
    this.ring = new FrameRing(options.settings.ringEntries, options.settings.ringBytes)
  }

  deliver(prefix: Prefix, bytes: string): void {
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

  /** Gives up on what lies between `last` and `position`, and tells the members so. */
  resyncTo(position: Position, reason: ResyncReason): void {
    this.last = position
    this.ring.clear()
    this.gapSince = undefined
    if (this.members.size === 0) return
    this.options.resync(this.name, this.members, position)
    this.options.observer?.resynced?.(reason, this.members.size)
  }

  /** The frames of `after + 1` to `upTo`, or `null` when this node does not have all of them any more. */
  framesBetween(after: number, upTo: number): string[] | null {
    return this.ring.between(after, upTo)
  }

  /** An entry's prefix; `null` for what no relay signed for this channel, and for an epoch far ahead of the clock. [HIS6] [SEC21] */
  read(bytes: string): Prefix | null {
    const prefix = readPrefix(bytes)
    if (!prefix || !isPlausibleEpoch(prefix.epoch, this.options.clock.now())) return null
    return isAuthentic(this.name, bytes, this.options.verify) ? prefix : null
  }

  /** The entry's prefix, when it is the one that follows `last`. */
  readNext(bytes: string): Prefix | null {
    const prefix = this.read(bytes)
    const isNext = prefix?.epoch === this.last?.epoch && prefix?.seq === (this.last?.seq ?? 0) + 1
    return isNext ? prefix : null
  }
}
