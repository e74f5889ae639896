import { setTimeout } from 'node:timers/promises'
import { CodedError } from '@derm/contract'

/** In milliseconds. Drawn for each, since requests that are refused together would otherwise come back together. */
const HELD = { least: 500, most: 1_500 }
/** More are refused at once: what is held takes memory. */
const MOST = 1_000

export interface HeldRefusals {
  /** Runs the work. If it is refused with `rate_limited`, the refusal comes a moment later: a loop asks no faster than that. */
  run<Result>(work: () => Result | Promise<Result>): Promise<Result>
}

/** `pause`: waits for a number of milliseconds. */
export function createHeldRefusals(pause: (ms: number) => Promise<unknown> = setTimeout): HeldRefusals {
  let held = 0
  return {
    async run(work) {
      try {
        return await work()
      } catch (error) {
        if (error instanceof CodedError && error.code === 'rate_limited' && held < MOST) {
          held++
          await pause(HELD.least + Math.random() * (HELD.most - HELD.least)).finally(() => held--)
        }
        throw error
      }
    },
  }
}
