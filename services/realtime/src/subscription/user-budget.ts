import type { ReadBudget } from '@derm/core/node'
import type { TokenBucket } from '../connection/token-bucket.ts'

/** Who has waited for longer than this for what other reads of the same user give back goes without. */
const MAX_WAIT_MS = 2_000

type Waiting = { bytes: number; since: number; start: (isReserved: boolean) => void }

/**
 * What one user's requests may cost this node: bytes of answers, and bytes that are read of history. Each read sets aside what it may come
 * to, and pays what it came to. Where there is enough but reads under way have it set aside, the next one waits for them. [SES24] [SES30]
 */
export class UserBudget implements ReadBudget {
  private readonly waiting: Waiting[] = []
  private underWay = 0

  constructor(
    readonly answers: TokenBucket,
    private readonly reads: TokenBucket,
    private readonly now: () => number,
  ) {}

  get isFull(): boolean {
    return this.underWay === 0 && this.answers.isFull && this.reads.isFull
  }

  reserve(bytes: number): Promise<boolean> {
    return new Promise((start) => {
      this.waiting.push({ bytes, since: this.now(), start })
      this.startNext()
    })
  }

  settle(reserved: number, read: number): void {
    this.underWay--
    this.reads.giveBack(reserved)
    this.reads.charge(read)
    this.startNext()
  }

  private startNext(): void {
    for (let next = this.waiting[0]; next; next = this.waiting[0]) {
      const isInTime = this.now() - next.since <= MAX_WAIT_MS
      const isReserved = isInTime && this.reads.take(next.bytes)
      if (isInTime && !isReserved && this.underWay > 0) return
      this.waiting.shift()
      if (isReserved) this.underWay++
      next.start(isReserved)
    }
  }
}
