import type { Route } from './route.ts'

/** Units of cost: one is about a read of one row, 5 ms of a core and of a database connection. */
const COST = { plain: 5, read: 1, change: 2 } as const
/** A list costs more the more rows it may answer. A search costs three times its work, because it keeps those waiting who read beside it. */
const ROWS_PER_UNIT = { list: 100, search: 8 }
const SEARCH = 12

/** What of a read's cost another request's computation has saved it. */
export const SHARED_SHARE = 0.75

export function costOf(
  { kind, method }: Pick<Route, 'kind' | 'method'>,
  input: { query: unknown; body: unknown },
): number {
  if (kind !== 'read') return COST[kind]
  const isSearch = method === 'post'
  const { limit } = (isSearch ? input.body : input.query) as { limit?: unknown }
  const rows = typeof limit === 'number' ? limit : 0
  return isSearch ? SEARCH + rows / ROWS_PER_UNIT.search : COST.read + rows / ROWS_PER_UNIT.list
}
