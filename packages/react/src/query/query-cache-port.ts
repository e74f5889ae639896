import { actionOf, type QueryChange, type QueryPort, type QueryView } from '@derm/core/client'
import type { Query, QueryCacheNotifyEvent, QueryClient, QueryKey } from '@tanstack/react-query'

/** The refetch scheduler's view of a TanStack Query cache. */
export function createQueryCachePort(queryClient: QueryClient): QueryPort {
  const cache = queryClient.getQueryCache()
  const toView = (query: Query): QueryView => ({
    hash: query.queryHash,
    key: query.queryKey,
    isActive: query.isActive(),
    isFetching: query.state.fetchStatus !== 'idle',
    hasData: query.state.data !== undefined,
    isRetrying: query.state.fetchStatus !== 'idle' && query.state.fetchFailureCount > 0,
    hasFailed: query.state.status === 'error',
    failure:
      query.state.status === 'error' ? actionOf((query.state.error as { code?: unknown } | null)?.code) : undefined,
    isMarked: query.state.isInvalidated,
  })
  /** Queries with data that have left the cache, while somebody else still holds them. */
  let gone: WeakRef<Query>[] = []
  function noteGone(query: Query): void {
    if (gone.length % 100 === 99) gone = gone.filter((one) => one.deref() !== undefined)
    gone.push(new WeakRef(query))
  }
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
      if (query.getObserversCount() === 0) return cache.remove(query)
      if (!query.isActive()) return
      void queryClient.refetchQueries({ predicate: (one) => one === query, type: 'active' })
    },
    withdrawPlaceholders(isMeant) {
      // An observer keeps the query that it showed last, also when the cache does not.
      for (const query of gone) query.deref()?.setState({ data: undefined, status: 'pending' })
      gone = []
      for (const { observers } of cache.getAll())
        for (const observer of observers)
          if (isMeant(observer.options.queryKey as QueryKey) && observer.getCurrentResult().isPlaceholderData)
            observer.setOptions({ ...observer.options, placeholderData: undefined })
    },
    subscribe(listen) {
      return cache.subscribe((event) => {
        if (event.type === 'removed' && event.query.state.data !== undefined) noteGone(event.query as Query)
        // What has left the cache is nobody's business here, though another query may have its hash by now.
        if (event.type !== 'removed' && cache.get(event.query.queryHash) !== event.query) return
        const change = toChange(event)
        if (change) listen(change)
      })
    },
  }
}

function toChange(event: QueryCacheNotifyEvent): QueryChange | null {
  const hash = event.query.queryHash
  switch (event.type) {
    case 'removed':
      return { type: 'removed', hash }
    case 'observerRemoved':
      return { type: 'hidden', hash }
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
    case 'failed':
    case 'pause':
    case 'continue':
      return { type: 'retry', hash }
    case 'setState':
      return { type: 'written', hash }
    default:
      return null
  }
}
