import type { Connection } from '@derm/core/client'
import { useSyncExternalStore } from 'react'
import { useRealtime } from '../realtime-provider.tsx'

const ON_SERVER: Connection = { status: 'idle', since: 0 }

/** The connection's status, since when, why it stopped, and the node that answers. */
export function useConnection(): Connection {
  const realtime = useRealtime()
  return useSyncExternalStore(realtime.onConnection, realtime.getConnection, () => ON_SERVER)
}
