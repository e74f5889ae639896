import { z } from 'zod'

/**
 * An epoch names one unbroken history of a channel in Postgres. Sixteen hex digits, the first twelve the
 * milliseconds since 1970 at which it began, so that a later epoch is the greater string.
 */
export const Epoch = z.string().regex(/^[0-9a-f]{16}$/)
export const Seq = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

/** Of an epoch that a server takes for one. A day is what a clock may be wrong by; the five minutes are those between two servers' clocks. */
export const MAX_EPOCH_AHEAD_MS = 86_400_000 + 300_000

/**
 * The same for a client, whose clock is its owner's. A clock that is further behind opens no TLS connection: a certificate is younger than
 * this.
 */
export const MAX_EPOCH_AHEAD_OF_CLIENT_MS = 400 * 86_400_000

/**
 * Whether an epoch can be one at `now`. An epoch far ahead of the clock is none, whoever names it: no later epoch could ever follow it, so
 * the channel would stand still for good. `next_epoch` in Postgres never answers one, and begins anew where one stands.
 */
export function isPlausibleEpoch(epoch: string, now: number, aheadMs = MAX_EPOCH_AHEAD_MS): boolean {
  return Number.parseInt(epoch.slice(0, 12), 16) <= now + aheadMs
}

export const isPlausibleToClient = (epoch: string, now: number): boolean =>
  isPlausibleEpoch(epoch, now, MAX_EPOCH_AHEAD_OF_CLIENT_MS)

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
