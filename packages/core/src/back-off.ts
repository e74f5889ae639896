import type { Random } from './clock.ts'

/** `baseMs` before the second attempt, doubled before each later one, up to `maxMs`. */
export type BackOff = { baseMs: number; maxMs: number }

/** How long to wait after `failures` failures in a row. Half of it is drawn, so that those who failed together part. */
export function drawBackOff({ baseMs, maxMs }: BackOff, failures: number, random: Random): number {
  return Math.min(maxMs, baseMs * 2 ** (failures - 1)) * (0.5 + random() / 2)
}
