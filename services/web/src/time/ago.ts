const DAY = 86_400_000

/** Whole days between two instants, in milliseconds since 1970; 0 within the first day. */
export function daysBetween(from: number, to: number): number {
  return Math.max(0, Math.floor((to - from) / DAY))
}

/** How long ago, in days: `today`, `yesterday`, `12 days ago`. */
export function formatDaysAgo(days: number): string {
  if (days === 0) return 'today'
  return days === 1 ? 'yesterday' : `${days} days ago`
}
