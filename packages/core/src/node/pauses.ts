import type { Clock } from '../clock.ts'

/** Pauses that can be ended early, all at once: whoever waits for one of them does not wait in vain. */
export class Pauses {
  private readonly wakers = new Set<() => void>()

  constructor(private readonly clock: Clock) {}

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.clock.clearTimeout(timer)
        this.wakers.delete(wake)
        resolve()
      }
      const timer = this.clock.setTimeout(wake, ms)
      this.wakers.add(wake)
    })
  }

  endAll(): void {
    for (const wake of this.wakers) wake()
  }
}
