import type { QueryChange, QueryPort, QueryView } from '@derm/core/client'
import type { Query, QueryClient } from '@tanstack/react-query'

/** The planner's view of a TanStack Query cache. */
export function createQueryCachePort(queryClient: QueryClient): QueryPort {
  const cache = queryClient.getQueryCache()
  const toView = (query: Query): QueryView => ({
    hash: query.queryHash,
    key: query.queryKey,
    isActive: query.isActive(),
    isFetching: query.state.fetchStatus !== 'idle',
    hasData: query.state.data !== undefined,
  })
  return {
    list: () => cache.getAll().map(toView),
    get(hash) {
      const query = cache.get(hash)
      return query && toView(query)
    },
    fetch(hash) {
      const query = cache.get(hash)
      if (query)
        void queryClient.refetchQueries({ predicate: (one) => one === query, type: 'active' }, { cancelRefetch: false })
    },
    invalidate(hash) {
      const query = cache.get(hash)
      if (query) void queryClient.invalidateQueries({ predicate: (one) => one === query, refetchType: 'none' })
    },
    cancel: (hash) => void cache.get(hash)?.cancel({ revert: true, silent: true }),
    forget(hash) {
      const query = cache.get(hash)
      if (!query) return
      void query.cancel({ silent: true })
      if (!query.isActive()) return cache.remove(query)
      // Whoever shows it asks anew, and is told what they may see now.
      query.reset()
      void queryClient.refetchQueries({ predicate: (one) => one === query, type: 'active' })
    },
    subscribe(listen) {
      return cache.subscribe((event) => {
        const change = toChange(event)
        if (change) listen(change)
      })
    },
  }
}

function toChange(
  event: Parameters<Parameters<ReturnType<QueryClient['getQueryCache']>['subscribe']>[0]>[0],
): QueryChange | null {
  const hash = event.query.queryHash
  if (event.type === 'removed') return { type: 'removed', hash }
  if (event.type === 'observerAdded') return { type: 'mounted', hash }
  if (event.type !== 'updated') return null
  const { action } = event
  if (action.type === 'fetch')
    return { type: 'fetch', hash, isMore: Boolean((action.meta as { fetchMore?: unknown } | undefined)?.fetchMore) }
  // `setQueryData` says nothing about how new the data is.
  if (action.type === 'success') return action.manual ? null : { type: 'success', hash }
  return action.type === 'error' ? { type: 'error', hash } : null
}
