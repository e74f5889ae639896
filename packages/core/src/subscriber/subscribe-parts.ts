import type { ChannelRequest, Position } from '@derm/contract'
import { isInterestedIn, type SharedInterest } from './interest-registry.ts'

/** One request of a round: `entries` go out together. `sent`: the channels whose cursors it carries. */
export type SubscribePart = { entries: readonly Entry[]; sent: ReadonlySet<string> }
type Entry = { of: SharedInterest; request: ChannelRequest }

/** A node takes a hundred entries at once, and ends a connection whose packet is larger than 96 KiB, without a word. */
const MAX_ENTRIES = 100
const MAX_BYTES = 32_768

/** The interests with their cursors, in as many requests as a node takes. An interest with many cursors is asked for in several. [SUB21] */
export function toParts(asked: readonly SharedInterest[], cursors: ReadonlyMap<string, Position>): SubscribePart[] {
  return pack(asked.flatMap((one) => toEntries(one, cursors)))
}

/** What was refused together may be granted apart. */
export function halve({ entries }: SubscribePart): SubscribePart[] {
  const middle = Math.ceil(entries.length / 2)
  return [toPart(entries.slice(0, middle)), toPart(entries.slice(middle))]
}

function toEntries(of: SharedInterest, cursors: ReadonlyMap<string, Position>): Entry[] {
  const sent = [...cursors].filter(([channel]) => isInterestedIn(of.interest, channel))
  if (sent.length === 0) return [{ of, request: of.interest as ChannelRequest }]
  return chunk(sent, (cursor) => sizeOf(cursor)).map((some) => ({
    of,
    request: { ...of.interest, cursors: Object.fromEntries(some) } as ChannelRequest,
  }))
}

const pack = (entries: readonly Entry[]) => chunk(entries, ({ request }) => sizeOf(request)).map(toPart)

function toPart(entries: readonly Entry[]): SubscribePart {
  return { entries, sent: new Set(entries.flatMap(({ request }) => Object.keys(request.cursors ?? {}))) }
}

function chunk<Item>(items: readonly Item[], sizeOfItem: (item: Item) => number): Item[][] {
  const chunks: Item[][] = []
  let bytes = Infinity
  for (const item of items) {
    const size = sizeOfItem(item)
    if (bytes + size > MAX_BYTES || chunks.at(-1)!.length >= MAX_ENTRIES) {
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
