import { useLocation } from '@tanstack/react-router'
import { useState } from 'react'
import { screenAt } from './screens-for.ts'

type Search = Record<string, unknown>

/** What each screen's url last said, so that the way back to the schedule is the way to the same location and day. */
export function useLastSearches(): (path: string) => Search {
  const { href, pathname, search } = useLocation()
  const [kept, setKept] = useState<{ href: string; searches: Readonly<Record<string, Search>> }>({
    href: '',
    searches: {},
  })
  if (kept.href !== href) {
    const isScreen = screenAt(pathname)?.path === pathname
    setKept({ href, searches: isScreen ? { ...kept.searches, [pathname]: search } : kept.searches })
  }
  return (path) => kept.searches[path] ?? {}
}
