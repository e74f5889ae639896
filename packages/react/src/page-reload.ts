/** While one version replaces the other, loading again may bring the same page. */
const AGAIN_AFTER_MS = 10 * 60_000

export type PageLoad = {
  /** As the browser's navigation timing says it: `reload`, `navigate` … */
  type: string | undefined
  /** How long ago, in milliseconds. */
  agoMs: number
}

/** How this page came here. Nothing has to be kept for that: the browser knows. */
export function readPageLoad(): PageLoad {
  const [entry] = performance.getEntriesByType('navigation') as { type?: string }[]
  return { type: entry?.type, agoMs: performance.now() }
}

/**
 * How long until a page that is too old may be loaded again, in milliseconds; 0: now. One that came by loading again and is still too old
 * waits ten minutes: the next one would be the same. [SUB28]
 */
export function reloadWaitMs({ type, agoMs }: PageLoad): number {
  return type === 'reload' ? Math.max(0, AGAIN_AFTER_MS - agoMs) : 0
}
