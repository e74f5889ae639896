import type { ChannelRequest, Position } from '@derm/contract'
import { isInterestedIn, type SharedInterest } from './interest-registry.ts'

/** One request of a round: `entries` go out together. `sent`: the channels whose cursors it carries. */
export type SubscribePart = { entries: readonly Entry[]; sent: ReadonlySet<string> }
type Entry = { of: SharedInterest; request: ChannelRequest }

/** A node takes a hundred entries at once, and ends a connection whose packet is larger than 96 KiB, without a word. */
const MAX_ENTRIES = 100
const MAX_BYTES = 32_768

/**
 * The interests with their cursors, in as many requests as a node takes. An interest with many cursors is asked for in several, each by
 * itself: to a node, two entries of one channel in one request are one. [SUB21]
 */
export function toParts(asked: readonly SharedInterest[], cursors: ReadonlyMap<string, Position>): SubscribePart[] {
  const all = asked.map((one) => toEntries(one, cursors))
  const whole = all.filter((entries) => entries.length === 1).flat()
  const split = all.filter((entries) => entries.length > 1).flat()
  const packed = chunk(whole, MAX_ENTRIES, ({ request }) => sizeOf(request))
  return [...packed, ...split.map((entry) => [entry])].map(toPart)
}

/** What was refused together may be granted apart. */
export function halve({ entries }: SubscribePart): SubscribePart[] {
  const middle = Math.ceil(entries.length / 2)
  return [toPart(entries.slice(0, middle)), toPart(entries.slice(middle))]
}

function toEntries(of: SharedInterest, cursors: ReadonlyMap<string, Position>): Entry[] {
  const sent = [...cursors].filter(([channel]) => isInterestedIn(of.interest, channel))
  if (sent.length === 0) return [{ of, request: of.interest as ChannelRequest }]
  return chunk(sent, Infinity, (cursor) => sizeOf(cursor)).map((some) => ({
    of,
    request: { ...of.interest, cursors: Object.fromEntries(some) } as ChannelRequest,
  }))
}

function toPart(entries: readonly Entry[]): SubscribePart {
  return { entries, sent: new Set(entries.flatMap(({ request }) => Object.keys(request.cursors ?? {}))) }
}

function chunk<Item>(items: readonly Item[], most: number, sizeOfItem: (item: Item) => number): Item[][] {
  const chunks: Item[][] = []
  let bytes = Infinity
  for (const item of items) {
    const size = sizeOfItem(item)
    if (bytes + size > MAX_BYTES || chunks.at(-1)!.length >= most) {
      chunks.push([])
      bytes = 0
    }
    chunks.at(-1)!.push(item)
    bytes += size
  }
  return chunks
}

/** Ids, numbers and names of the catalogue: a byte a character. */
const sizeOf = (value: unknown) => JSON.stringify(value).length
