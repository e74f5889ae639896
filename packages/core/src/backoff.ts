import type { Random } from './clock.ts'

/** Milliseconds. `floor`: which part of the delay is certain; the rest is drawn, so that many who wait do not come back at once. */
export type Backoff = { minMs: number; maxMs: number; floor: number }

/** How long to wait after so many failures in a row: twice as long after each, up to `maxMs`. */
export function drawBackoff(failures: number, { minMs, maxMs, floor }: Backoff, random: Random): number {
  return Math.min(maxMs, minMs * 2 ** failures) * (floor + (1 - floor) * random())
}
