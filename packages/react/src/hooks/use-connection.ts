import type { LiveConnection } from '@derm/core/client'
import { useSyncExternalStore } from 'react'
import { useRealtime } from '../realtime-provider.tsx'

const ON_SERVER: LiveConnection = { status: 'idle', since: 0 }

/** The connection's status, since when, why it stopped, and the node that answers. */
export function useConnection(): LiveConnection {
  const realtime = useRealtime()
  return useSyncExternalStore(realtime.onConnection, realtime.getConnection, () => ON_SERVER)
}
