import { comparePositions, type Position } from '@derm/contract'
import type { Prefix } from '../event-log/frame.ts'

export type Message = { prefix: Prefix; bytes: string }

/** Messages of a channel that came before their turn. Bounded: what it drops is found again in history, or by the comparison of heads. */
export class MessageBuffer {
  private readonly messages: Message[] = []

  constructor(private readonly maxMessages: number) {}

  add(message: Message): void {
    this.messages.push(message)
    if (this.messages.length > this.maxMessages) this.messages.shift()
  }

  /** Empties the buffer. */
  takeAll(): Message[] {
    return this.messages.splice(0)
  }

  has({ epoch, seq }: Position): boolean {
    return this.messages.some(({ prefix }) => prefix.epoch === epoch && prefix.seq === seq)
  }

  newest(): Position | undefined {
    let newest: Position | undefined
    for (const { prefix } of this.messages)
      if (!newest || comparePositions(prefix, newest) > 0) newest = { epoch: prefix.epoch, seq: prefix.seq }
    return newest
  }
}
