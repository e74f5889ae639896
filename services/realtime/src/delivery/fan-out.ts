import type { ChannelName } from '@derm/contract'
import type { Member } from '../connection/member.ts'
import { encodeTextFrame } from './ws-frame.ts'

/**
 * Joins the frames of one turn of the event loop into one write per socket. Whoever writes to a member
 * in another way, or changes who is a member, flushes the channel first.
 */
export class FanOut {
  private readonly pending = new Map<ChannelName, { members: ReadonlySet<Member>; frames: string[] }>()

  push(channel: ChannelName, members: ReadonlySet<Member>, frame: string): void {
    const waiting = this.pending.get(channel)
    if (waiting) {
      waiting.frames.push(frame)
      return
    }
    if (this.pending.size === 0) queueMicrotask(() => this.flushAll())
    this.pending.set(channel, { members, frames: [frame] })
  }

  flush(channel: ChannelName): void {
    const waiting = this.pending.get(channel)
    if (!waiting) return
    this.pending.delete(channel)
    const { members, frames } = waiting
    const raw = frames.length === 1 ? encodeTextFrame(frames[0]!) : Buffer.concat(frames.map(encodeTextFrame))
    for (const member of members) member.write(raw, frames)
  }

  flushAll(): void {
    for (const channel of [...this.pending.keys()]) this.flush(channel)
  }
}
