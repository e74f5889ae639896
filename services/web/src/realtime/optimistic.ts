import type { QueryClient } from '@tanstack/react-query'

type Versioned = { id: string; version: number }

/**
 * Shows a change before the server has answered, in every cached list under `keyRoot` that holds the item.
 *
 * `rollBack` puts only this item back, and only where our own patch still stands: a newer state of it that has arrived in the meantime,
 * and what others changed around it, stay.
 */
export function showOptimistically<Item extends Versioned>(
  queryClient: QueryClient,
  keyRoot: readonly unknown[],
  before: Item,
  patch: Partial<Item>,
) {
  const shown: Item = { ...before, ...patch }
  replaceIn(queryClient, keyRoot, before.id, () => shown)
  return {
    rollBack: () =>
      replaceIn<Item>(queryClient, keyRoot, before.id, (current) => (isSame(current, shown) ? before : current)),
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

function replaceIn<Item extends Versioned>(
  queryClient: QueryClient,
  keyRoot: readonly unknown[],
  id: string,
  replace: (current: Item) => Item,
): void {
  queryClient.setQueriesData<Item[]>({ queryKey: keyRoot }, (list) => {
    if (!Array.isArray(list) || !list.some((item) => item.id === id)) return list
    return list.map((item) => (item.id === id ? replace(item) : item))
  })
}

/** By value: structural sharing may have made other objects of the same content. */
function isSame<Item extends Versioned>(a: Item, b: Item): boolean {
  return (Object.keys(b) as (keyof Item)[]).every(
    (key) => Object.is(a[key], b[key]) || JSON.stringify(a[key]) === JSON.stringify(b[key]),
  )
}
