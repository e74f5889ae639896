import { createContext, useContext, useEffect, type ReactNode } from 'react'
import type { Realtime } from './create-realtime.ts'

const RealtimeContext = createContext<Realtime | null>(null)

/** Connects while it is mounted, and hands the connection to the hooks below it. Works inside an existing `QueryClientProvider`. */
export function RealtimeProvider({ realtime, children }: { realtime: Realtime; children: ReactNode }) {
  useEffect(() => realtime.start(), [realtime])
  return <RealtimeContext value={realtime}>{children}</RealtimeContext>
}

/** @throws outside a `RealtimeProvider`. */
export function useRealtime(): Realtime {
  const realtime = useContext(RealtimeContext)
  if (!realtime) throw new Error('Put a RealtimeProvider around this component')
  return realtime
}
