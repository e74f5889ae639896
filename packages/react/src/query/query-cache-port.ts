import type { QueryChange, QueryPort, QueryView } from '@derm/core/client'
import type { Query, QueryCache, QueryCacheNotifyEvent, QueryClient } from '@tanstack/react-query'

/** The planner's view of a TanStack Query cache. */
export function createQueryCachePort(queryClient: QueryClient): QueryPort {
  const cache = queryClient.getQueryCache()
  const toView = (query: Query): QueryView => ({
    hash: query.queryHash,
    key: query.queryKey,
    isActive: query.isActive(),
    isFetching: query.state.fetchStatus !== 'idle',
    hasData: query.state.data !== undefined,
    hasFailed: query.state.status === 'error',
    isMarked: query.state.isInvalidated,
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
    mark: (hash) => cache.get(hash)?.invalidate(),
    // Not silently: who awaits the fetch (a route's loader) gets the data that stays.
    cancel: (hash) => void cache.get(hash)?.cancel({ revert: true }),
    forget(hash) {
      const query = cache.get(hash)
      if (!query) return
      void query.cancel({ silent: true })
      // Not `reset`: it would bring back initial data, which may be a copy of what is to be forgotten.
      query.setState({
        data: undefined,
        dataUpdatedAt: 0,
        error: null,
        status: 'pending',
        fetchStatus: 'idle',
        isInvalidated: false,
      })
      withdrawPlaceholders(cache)
      if (query.getObserversCount() === 0) return cache.remove(query)
      if (!query.isActive()) return
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

/** What a view shows until its own data is there may come from what was forgotten, and TanStack Query would keep it until then. */
function withdrawPlaceholders(cache: QueryCache): void {
  for (const { observers } of cache.getAll())
    for (const observer of observers)
      if (observer.getCurrentResult().isPlaceholderData)
        observer.setOptions({ ...observer.options, placeholderData: undefined })
}

function toChange(event: QueryCacheNotifyEvent): QueryChange | null {
  const hash = event.query.queryHash
  switch (event.type) {
    case 'removed':
      return { type: 'removed', hash }
    case 'observerAdded':
    case 'observerOptionsUpdated':
      return { type: 'shown', hash }
    case 'updated':
      return ofAction(event.action, hash)
    default:
      return null
  }
}

type Action = Extract<QueryCacheNotifyEvent, { type: 'updated' }>['action']

function ofAction(action: Action, hash: string): QueryChange | null {
  switch (action.type) {
    case 'fetch':
      return { type: 'fetch', hash, isMore: Boolean(action.meta?.fetchMore) }
    case 'success':
      // `setQueryData` says nothing about how new the data is.
      return action.manual ? { type: 'put', hash } : { type: 'success', hash }
    case 'error':
      return { type: 'error', hash }
    case 'setState':
      return { type: 'written', hash }
    default:
      return null
  }
}
