import type { Clock } from '../clock.ts'

type Waiting = { since: number; start: (isInTime: boolean) => void }

/**
 * Lets work begin in turns: few pieces at a time, of one group after the other, however many one of them has waiting. Between turns the
 * event loop is free for what must not wait. [SES24]
 */
export class FairTurns {
  /** Groups that wait, in the order of their turns. */
  private readonly waiting = new Map<string, Waiting[]>()
  private running = 0

  constructor(
    private readonly clock: Clock,
    private readonly atOnce: number,
    private readonly maxWaitMs: number,
  ) {}

  /** @returns what the work answers; `null` when its turn did not come in time, and it was not begun. */
  async run<Result>(group: string, work: () => Promise<Result>): Promise<Result | null> {
    if (!(await this.turn(group))) return null
    try {
      return await work()
    } finally {
      this.end()
    }
  }

  private turn(group: string): Promise<boolean> | true {
    if (this.running < this.atOnce) {
      this.running++
      return true
    }
    return new Promise((start) => {
      const waiting = { since: this.clock.elapsed(), start }
      const ofGroup = this.waiting.get(group)
      if (ofGroup) ofGroup.push(waiting)
      else this.waiting.set(group, [waiting])
    })
  }

  private end(): void {
    if (this.waiting.size === 0) this.running--
    else this.clock.setTimeout(() => this.startNext(), 0)
  }

  private startNext(): void {
    for (const [group, ofGroup] of this.waiting) {
      const next = ofGroup.shift()!
      // Its group has its next turn after all others.
      this.waiting.delete(group)
      if (ofGroup.length > 0) this.waiting.set(group, ofGroup)
      const isInTime = this.clock.elapsed() - next.since <= this.maxWaitMs
      next.start(isInTime)
      if (isInTime) return
    }
    this.running--
  }
}
