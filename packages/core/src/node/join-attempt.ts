import type { NodeChannel } from './node-channel.ts'

/** One join under way, and the channels that it keeps from leaving. */
export class JoinAttempt<Member> {
  private readonly kept = new Set<NodeChannel<Member>>()
  private isOver = false

  keep(channel: NodeChannel<Member>): void {
    if (this.kept.has(channel)) return
    this.kept.add(channel)
    channel.pendingJoins++
  }

  /** @throws when the attempt has failed at another of its channels: nobody would let go of what it keeps from then on. */
  assertUnderWay(): void {
    if (this.isOver) throw new Error('this join has ended')
  }

  end(onReleased: (channel: NodeChannel<Member>) => void): void {
    this.isOver = true
    for (const channel of this.kept) {
      channel.pendingJoins--
      onReleased(channel)
    }
  }
}
