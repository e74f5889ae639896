import { z } from 'zod'

/** For so many milliseconds after a rotation the secret before it is still taken: tabs at once, or an answer that was lost. Later it is theft. */
export const GRACE_MS = 30_000
/** More than any browser rotates in that time. */
const MAX_KEPT = 50

const Rotations = z.array(z.object({ hash: z.string(), at: z.number() }))
/** The secrets that were replaced of late: the hash of each, and when. */
export type Rotations = z.infer<typeof Rotations>

/** Reads a session's column; what is no longer in the grace is left out. */
export function readRotations(column: unknown, now: number): Rotations {
  return Rotations.parse(column).filter(({ at }) => now - at <= GRACE_MS)
}

export function addRotation(rotations: Rotations, hash: string, at: number): Rotations {
  return [...rotations, { hash, at }].slice(-MAX_KEPT)
}
