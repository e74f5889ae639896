import type { Clock, Random, Timer } from '../clock.ts'

/** What one relay has under way, and what it does again and again. */
export class RelayTasks {
  isStopped = false
  private readonly underWay = new Set<Promise<void>>()
  private readonly timers = new Set<Timer>()

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  track(work: Promise<void>): Promise<void> {
    this.underWay.add(work)
    void work.finally(() => this.underWay.delete(work))
    return work
  }

  /** Runs `run` again and again, `everyMs()` after it has ended. With jitter, so that pods do not run at the same moments. */
  repeat(everyMs: () => number, run: () => Promise<void>, onError: (error: unknown) => void): void {
    const timer = this.clock.setTimeout(
      () => {
        this.timers.delete(timer)
        void this.track(run().catch(onError)).finally(() => {
          if (!this.isStopped) this.repeat(everyMs, run, onError)
        })
      },
      everyMs() * (0.75 + this.random() / 2),
    )
    this.timers.add(timer)
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.isStopped = true
    for (const timer of this.timers) this.clock.clearTimeout(timer)
    await Promise.allSettled(this.underWay)
  }
}
