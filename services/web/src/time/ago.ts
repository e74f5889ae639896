const DAY = 86_400_000

/** Calendar days between two instants, in milliseconds since 1970, by this computer's clock: what was before midnight was yesterday. Never below 0. */
export function daysBetween(from: number, to: number): number {
  // Days of 23 and 25 hours are days.
  return Math.max(0, Math.round((midnightBefore(to) - midnightBefore(from)) / DAY))
}

function midnightBefore(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0)
}

/** How long ago, in days: `today`, `yesterday`, `12 days ago`. */
export function formatDaysAgo(days: number): string {
  if (days === 0) return 'today'
  return days === 1 ? 'yesterday' : `${days} days ago`
}
