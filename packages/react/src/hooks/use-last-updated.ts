import type { Resource } from '@derm/contract'
import { useCallback, useSyncExternalStore } from 'react'
import type { LastUpdate } from '../last-updated.ts'
import { useRealtime } from '../realtime-provider.tsx'

/** The last change of an entity that this client has heard of since it connected. */
export function useLastUpdated(resource: Resource, id: string): LastUpdate | undefined {
  const { lastUpdates } = useRealtime()
  return useSyncExternalStore(
    useCallback((listener) => lastUpdates.subscribe(resource, id, listener), [lastUpdates, resource, id]),
    () => lastUpdates.get(resource, id),
    () => undefined,
  )
}
