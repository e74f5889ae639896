import type { Random } from './clock.ts'

/** Milliseconds. `floor`: which part of the delay is certain. The rest is drawn, so that many who wait do not come back at once. */
export type BackOff = { minMs: number; maxMs: number; floor: number }

/** How long to wait after `failures` failures: `minMs` for 0, doubled for each more, up to `maxMs`. */
export function drawBackOff(failures: number, { minMs, maxMs, floor }: BackOff, random: Random): number {
  return Math.min(maxMs, minMs * 2 ** failures) * (floor + (1 - floor) * random())
}
