import { Position, comparePositions } from './position.ts'
import { parseStringList } from './string-list.ts'

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

/** The form of a `ChannelKey`: `<scope>/<topic>`. */
const CHANNEL_KEY = /^[^/]{1,80}\/[^/]{1,80}$/

/**
 * Parses such a header: parameters in any order, unknown ones ignored, as the RFC asks. `null` when it is malformed as a whole or
 * in any part, or names a channel twice: half an `As-Of` would make a view look newer than it is. An integer of the RFC has at most
 * 15 digits; a `seq` beyond them, which a channel reaches after 31 years of a million events a second, is refused too.
 */
export function parsePositions(header: string | null | undefined): Positions | null {
  if (header === null || header === undefined || header.length > 16_000) return null
  const items = parseStringList(header)
  if (!items) return null
  const positions: Positions = {}
  for (const { value: key, parameters } of items) {
    const position = Position.safeParse({ epoch: parameters.get('epoch'), seq: parameters.get('seq') })
    if (!CHANNEL_KEY.test(key) || positions[key] || !position.success) return null
    positions[key] = position.data
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
