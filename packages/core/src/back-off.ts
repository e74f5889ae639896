import type { Random } from './clock.ts'

/** `baseMs` before the second attempt, doubled before each later one, up to `maxMs`. `floor`: the part that is not drawn, half unless said. */
export type BackOff = { baseMs: number; maxMs: number; floor?: number }

/** How long to wait after `failures` failures in a row. A part of it is drawn, so that those who failed together part. */
export function drawBackOff({ baseMs, maxMs, floor = 0.5 }: BackOff, failures: number, random: Random): number {
  return Math.min(maxMs, baseMs * 2 ** (failures - 1)) * (floor + (1 - floor) * random())
}
