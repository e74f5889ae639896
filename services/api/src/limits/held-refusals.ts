/**
 * For so many milliseconds a refusal is held, drawn between the two: whoever asks again at once does not do so as fast as we can refuse, and those who
 * were refused at once do not come back at once, since a hundred requests of one moment are a wait for everybody behind them.
 */
const HELD_MS = { least: 500, most: 1_500 }
/** More are refused at once: what is held takes memory. */
const MOST = 1_000

export interface HeldRefusals {
  /** Resolves after a moment. */
  hold(): Promise<void>
}

export function createHeldRefusals(): HeldRefusals {
  let held = 0
  return {
    async hold() {
      if (held >= MOST) return
      held++
      await new Promise((resolve) =>
        setTimeout(resolve, HELD_MS.least + Math.random() * (HELD_MS.most - HELD_MS.least)),
      )
      held--
    },
  }
}
