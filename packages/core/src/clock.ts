/** Time and chance are arguments: a test turns the clock by hand, and a seed decides every throw. */
export type Timer = { readonly __timer: unique symbol }
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Milliseconds since a moment of its own, for durations: it never steps, whoever sets the clock. */
  elapsed(): number
  setTimeout(run: () => void, ms: number): Timer
  clearTimeout(timer: Timer | undefined): void
}

/** In [0, 1). */
export type Random = () => number

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  setTimeout: (run, ms) => setTimeout(run, ms) as unknown as Timer,
  clearTimeout: (timer) => clearTimeout(timer as unknown as ReturnType<typeof setTimeout>),
}
