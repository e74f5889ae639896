import type { Clock, Timer } from '../clock.ts'

export type SilenceSettings = {
  /** A node speaks every 3 s. One that was silent for `silentMs` counts as lagging, one that was silent for `deadMs` as gone. Milliseconds. */
  silentMs: number
  deadMs: number
}

/**
 * Watches whether the node still speaks. A node that is frozen, or behind a network that swallows everything, cannot say that it lags. [SUB10]
 */
export class SilenceWatch {
  private timer: Timer | undefined
  /** When the node was last heard, by both clocks: one stands while the computer sleeps, the other steps when it is set. */
  private heardAt = { now: 0, elapsed: 0 }

  constructor(
    private readonly clock: Clock,
    private readonly settings: SilenceSettings,
    private readonly on: { silent(): void; dead(ms: number): void },
  ) {}

  noteHeard(): void {
    this.heardAt = { now: this.clock.now(), elapsed: this.clock.elapsed() }
  }

  /** From the node's first word on that it repeats. */
  begin(): void {
    if (!this.timer) this.wait(this.settings.silentMs)
  }

  end(): void {
    this.clock.clearTimeout(this.timer)
    this.timer = undefined
  }

  /** Looks at once: timers stand while a computer sleeps. */
  look(): void {
    if (this.timer) this.check()
  }

  private wait(ms: number): void {
    this.clock.clearTimeout(this.timer)
    if (ms < Infinity) this.timer = this.clock.setTimeout(() => this.check(), ms)
  }

  private check(): void {
    const { clock, heardAt, settings } = this
    const silence = Math.max(clock.now() - heardAt.now, clock.elapsed() - heardAt.elapsed)
    if (silence >= settings.deadMs) {
      this.end()
      return this.on.dead(Math.round(silence))
    }
    if (silence < settings.silentMs) return this.wait(settings.silentMs - silence)
    this.on.silent()
    // A word may come in between, and be the last one.
    this.wait(Math.min(settings.silentMs, settings.deadMs - silence))
  }
}
