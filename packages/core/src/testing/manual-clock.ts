import type { Clock, Timer } from '../clock.ts'

type Due = { at: number; order: number; run: () => void }

/** A clock that stands until it is told to go on. Timers due at the same time run in the order in which they were set. */
export class ManualClock implements Clock {
  private readonly timers = new Map<Timer, Due>()
  private order = 0
  constructor(private time = 1_800_000_000_000) {}

  /** Sets what the wall's clock shows, as an operator might: no timer and no duration knows of it. */
  wallOffsetMs = 0

  now(): number {
    return this.time + this.wallOffsetMs
  }

  elapsed(): number {
    return this.time
  }

  setTimeout(run: () => void, ms: number): Timer {
    const timer = Symbol('timer') as unknown as Timer
    this.timers.set(timer, { at: this.time + Math.max(0, ms), order: this.order++, run })
    return timer
  }

  clearTimeout(timer: Timer | undefined): void {
    if (timer !== undefined) this.timers.delete(timer)
  }

  get waiting(): number {
    return this.timers.size
  }

  /** Goes to the next timer and runs it; promises that it settled go on before the next one. @returns whether there was one by then. */
  async step(until = Infinity): Promise<boolean> {
    let next: [Timer, Due] | undefined
    for (const entry of this.timers) if (!next || isBefore(entry[1], next[1])) next = entry
    if (!next || next[1].at > until) return false
    this.timers.delete(next[0])
    this.time = Math.max(this.time, next[1].at)
    next[1].run()
    await settle()
    return true
  }

  async advance(ms: number): Promise<void> {
    const until = this.time + ms
    await settle()
    while (await this.step(until));
    this.time = until
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** Lets every promise go on that can: a macrotask comes after all of them. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
