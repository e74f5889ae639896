import { onlineManager } from '@tanstack/react-query'

/** Watches the page, where there is one. `nudge`: the network is back, or the page is looked at again. @returns what ends it. */
export function followPage({ nudge, onlineChanged }: { nudge(): void; onlineChanged(): void }): () => void {
  const stop = onlineManager.subscribe(onlineChanged)
  if (typeof window === 'undefined') return stop
  const nudgeIfVisible = () => {
    if (document.visibilityState === 'visible') nudge()
  }
  window.addEventListener('online', nudgeIfVisible)
  document.addEventListener('visibilitychange', nudgeIfVisible)
  return () => {
    stop()
    window.removeEventListener('online', nudgeIfVisible)
    document.removeEventListener('visibilitychange', nudgeIfVisible)
  }
}
