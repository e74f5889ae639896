import { z } from 'zod'
import { CodedError } from '@derm/contract'

/** A page's cursor is the sort key of its last row, opaque to clients. */
function encodeCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

/** @throws CodedError `validation_failed` for a cursor that is not one of this list's. */
export function decodeCursor<const Parts extends readonly z.ZodType<string, string>[]>(
  cursor: string | undefined,
  parts: Parts,
): { [Index in keyof Parts]: string } | undefined {
  if (cursor === undefined) return undefined
  try {
    return z.tuple(parts as never).parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
  } catch {
    throw new CodedError('validation_failed', {
      errors: [{ in: 'query', path: 'cursor', message: 'not a cursor of this list' }],
    })
  }
}

/** Cuts the row that was read beyond the page to know whether another page follows. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => readonly string[],
  toItem: (row: Row) => Item,
): { items: Item[]; nextCursor: string | null } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return { items: page.map(toItem), nextCursor: rows.length > limit && last ? encodeCursor(keyOf(last)) : null }
}
