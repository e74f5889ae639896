import type { DeniedChannel, Topic } from '@derm/contract'
import { useCallback, useRef, useSyncExternalStore } from 'react'
import { useRealtime } from '../realtime-provider.tsx'

const NONE: readonly DeniedChannel[] = []

/** What of these interests is not served, and why: a topic that the user may not see, or what a limit leaves out. */
export function useDenied(topics: readonly Topic[], location: string | undefined): readonly DeniedChannel[] {
  const realtime = useRealtime()
  const last = useRef(NONE)
  const read = useCallback(() => {
    const denied = topics.flatMap((topic) =>
      realtime.deniedOf({ topic, ...(location === undefined ? {} : { location }) }),
    )
    if (JSON.stringify(denied) !== JSON.stringify(last.current)) last.current = denied
    return last.current
  }, [realtime, topics, location])
  return useSyncExternalStore(realtime.onFreshness, read, () => NONE)
}
