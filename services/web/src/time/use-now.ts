import { useEffect, useState } from 'react'

const EVERY_MS = 60_000

/** Now, in milliseconds since 1970, to the minute: a screen stays open over midnight. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), EVERY_MS)
    return () => clearInterval(timer)
  }, [])
  return now
}
