/** For so many milliseconds a refusal is held, so that whoever asks again at once does not do so as fast as we can refuse. */
const HELD_MS = 250
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
      await new Promise((resolve) => setTimeout(resolve, HELD_MS))
      held--
    },
  }
}
