import type { Freshness } from '@derm/core/client'
import type { QueryKey } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { useRealtime } from '../realtime-provider.tsx'

const NOT_ASKED: Freshness = { current: false, since: 0, why: 'loading' }

/** Whether a query's data is as new as anybody knows, and else since when it is not, and why. */
export function useFreshness(queryKey: QueryKey): Freshness {
  const realtime = useRealtime()
  return useSyncExternalStore(
    realtime.onFreshness,
    () => realtime.getFreshness(queryKey) ?? NOT_ASKED,
    () => NOT_ASKED,
  )
}
