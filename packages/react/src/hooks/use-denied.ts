import type { DeniedChannel, Topic } from '@derm/contract'
import { useCallback, useRef, useSyncExternalStore } from 'react'
import { useRealtime } from '../realtime-provider.tsx'

const NONE: readonly DeniedChannel[] = []

/** What of these interests is not served, and why: a topic that the user may not see, or what a limit leaves out. */
export function useDenied(topics: readonly Topic[], location: string | undefined): readonly DeniedChannel[] {
  const realtime = useRealtime()
  const last = useRef({ parts: [] as (readonly DeniedChannel[])[], denied: NONE })
  const read = useCallback(() => {
    const parts = topics.map((topic) => realtime.deniedOf({ topic, ...(location === undefined ? {} : { location }) }))
    // The lists may be long, and are looked at often: they are compared when another answer has come.
    if (parts.some((part, i) => part !== last.current.parts[i])) {
      const denied = parts.flat()
      const isSame = JSON.stringify(denied) === JSON.stringify(last.current.denied)
      last.current = { parts, denied: isSame ? last.current.denied : denied }
    }
    return topics.length === 0 ? NONE : last.current.denied
  }, [realtime, topics, location])
  return useSyncExternalStore(realtime.onFreshness, read, () => NONE)
}
