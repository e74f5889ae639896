import { z } from 'zod'

/** Shapes that the requests and entities of several aggregates share. */

/** Optimistic concurrency: rises by one with each change; `If-Match: "<version>"`. */
export const Version = z.number().int().min(1)

const MOMENTS = { from: Date.UTC(1900, 0), to: Date.UTC(2200, 0) }
/** No practice plans outside of these years. Far outside, databases and languages disagree on how a year is written. */
export const Moment = z.iso
  .datetime({ offset: true })
  .refine((text) => Date.parse(text) >= MOMENTS.from && Date.parse(text) < MOMENTS.to, {
    error: 'a moment between the years 1900 and 2200',
  })

/** A calendar day of those years. */
export const Day = z.iso
  .date()
  .refine((text) => text >= '1900' && text < '2200', { error: 'a day between the years 1900 and 2200' })

export const Note = z.string().trim().max(2000).nullable()
export const EmptyRequest = z.strictObject({})

/** The query fields of every list: `cursor` is the one before's `nextCursor`. */
export const pageFields = {
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
}
export const Page = z.strictObject(pageFields)
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })

/** The longest visit, in milliseconds. */
export const MAX_SLOT_MS = 8 * 3_600_000
/** Refines an object with `startsAt` and `endsAt`. */
export const slotOrder: [
  (slot: { startsAt: string; endsAt: string }) => boolean,
  { error: string; path: PropertyKey[] },
] = [
  ({ startsAt, endsAt }) => {
    const length = Date.parse(endsAt) - Date.parse(startsAt)
    return length > 0 && length <= MAX_SLOT_MS
  },
  { error: 'endsAt must be later than startsAt, by 8 hours at most', path: ['endsAt'] },
]
