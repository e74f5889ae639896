import type { ChannelKey } from './channel.ts'
import { Epoch, Position, Seq, comparePositions } from './position.ts'

/**
 * The `As-Of`, `Min-As-Of` and `Published` headers: an RFC 9651 list of strings with parameters,
 * `"l:<id>/scheduling";epoch="00…";seq=17, "t/patients";epoch="00…";seq=4`, keyed by `ChannelKey`.
 */
export type Positions = Record<string, Position>

/** Above so many channels the positions stand in the body as `asOf`: proxies cut long headers. */
export const MAX_HEADER_CHANNELS = 32

export function formatPositions(positions: Positions): string {
  return Object.keys(positions)
    .sort()
    .map((key) => `"${key}";epoch="${positions[key]!.epoch}";seq=${positions[key]!.seq}`)
    .join(', ')
}

const ITEM = /^\s*"([^"\\]{1,100})"\s*;\s*epoch="([0-9a-f]{16})"\s*;\s*seq=(\d{1,16})\s*$/

/**
 * Parses such a header. `null` when it is malformed as a whole or in any part: half an `As-Of` would make
 * a view look newer than it is.
 */
export function parsePositions(header: string | null | undefined): Positions | null {
  if (header === null || header === undefined || header.length > 16_000) return null
  if (header.trim() === '') return {}
  const positions: Positions = {}
  for (const item of header.split(',')) {
    const match = ITEM.exec(item)
    if (!match) return null
    const [, key, epoch, digits] = match as unknown as [string, string, string, string]
    const seq = Number(digits)
    if (!Epoch.safeParse(epoch).success || !Seq.safeParse(seq).success) return null
    positions[key] = { epoch, seq }
  }
  return positions
}

/** Reads positions from a body's `asOf`, where they stand as an object. `null` when any part of it is malformed. */
export function parseBodyPositions(value: unknown): Positions | null {
  if (typeof value !== 'object' || value === null) return null
  const positions: Positions = {}
  for (const [key, position] of Object.entries(value)) {
    const parsed = Position.safeParse(position)
    if (!parsed.success) return null
    positions[key] = parsed.data
  }
  return positions
}

/**
 * How new an answer made of two is: the older position of each channel. A channel that only one of them names feeds only
 * that one, and stays: dropped, its events would never be looked for.
 */
export function oldestPositions(a: Positions, b: Positions): Positions {
  const oldest: Positions = { ...a }
  for (const [key, position] of Object.entries(b)) {
    const other = a[key]
    if (!other || comparePositions(position, other) < 0) oldest[key] = position
  }
  return oldest
}
