import type { QueryClient } from '@tanstack/react-query'

type Versioned = { id: string; version: number }

/**
 * Shows a change before the server has answered, in every cached list under `keyRoot` that holds the item.
 *
 * `rollBack` puts each list's own item back, and only where our own patch still stands: a newer state of it that has arrived in the meantime,
 * and what others changed around it, stay.
 */
export function showOptimistically<Item extends Versioned>(
  queryClient: QueryClient,
  keyRoot: readonly unknown[],
  id: string,
  patch: Partial<Item>,
) {
  const patched = new Map<string, { before: Item; shown: Item }>()
  replaceIn<Item>(queryClient, keyRoot, id, (before, hash) => {
    const shown = { ...before, ...patch }
    patched.set(hash, { before, shown })
    return shown
  })
  return {
    rollBack: () =>
      replaceIn<Item>(queryClient, keyRoot, id, (current, hash) => {
        const own = patched.get(hash)
        return own && isSame(current, own.shown) ? own.before : current
      }),
  }
}

/** Puts an answer of the server's into the cached lists, unless they have a newer one already. */
export function acceptAnswer<Item extends Versioned>(
  queryClient: QueryClient,
  keyRoot: readonly unknown[],
  answer: Item,
): void {
  replaceIn<Item>(queryClient, keyRoot, answer.id, (current) => (current.version > answer.version ? current : answer))
}

/** Writes only lists that hold the item, and says of none that it was read anew: their age stays. */
function replaceIn<Item extends Versioned>(
  queryClient: QueryClient,
  keyRoot: readonly unknown[],
  id: string,
  replace: (current: Item, hash: string) => Item,
): void {
  for (const { queryHash, queryKey, state } of queryClient.getQueryCache().findAll({ queryKey: keyRoot })) {
    if (!Array.isArray(state.data)) continue
    const list = state.data as Item[]
    const before = list.find((item) => item.id === id)
    const after = before && replace(before, queryHash)
    if (after === undefined || after === before) continue
    const updatedAt = state.dataUpdatedAt
    queryClient.setQueryData<Item[]>(
      queryKey,
      list.map((item) => (item.id === id ? after : item)),
      { updatedAt },
    )
  }
}

/** By value: structural sharing may have made other objects of the same content. */
function isSame<Item extends Versioned>(a: Item, b: Item): boolean {
  return (Object.keys(b) as (keyof Item)[]).every(
    (key) => Object.is(a[key], b[key]) || JSON.stringify(a[key]) === JSON.stringify(b[key]),
  )
}
