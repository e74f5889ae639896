import { z } from 'zod'

/**
 * An epoch names one unbroken history of a channel in Postgres. Sixteen hex digits, the first twelve the
 * milliseconds since 1970 at which it began, so that a later epoch is the greater string.
 */
export const Epoch = z.string().regex(/^[0-9a-f]{16}$/)
export const Seq = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

/** A place in a channel's history. `seq` 0 is the place before the first event. */
export const Position = z.strictObject({ epoch: Epoch, seq: Seq })
export type Position = z.infer<typeof Position>

/** Negative when `a` is the older. A later epoch is newer whatever its `seq`. */
export function comparePositions(a: Position, b: Position): number {
  if (a.epoch !== b.epoch) return a.epoch < b.epoch ? -1 : 1
  return a.seq - b.seq
}

/** The newer of two positions, either of which may be unknown. */
export function newerPosition(a: Position | undefined, b: Position | undefined): Position | undefined {
  if (!a) return b
  if (!b) return a
  return comparePositions(a, b) >= 0 ? a : b
}

/** Whether a read at `asOf` reflects everything up to `needed`. An unknown `asOf` is older than everything. */
export function covers(asOf: Position | undefined, needed: Position): boolean {
  return asOf !== undefined && comparePositions(asOf, needed) >= 0
}
