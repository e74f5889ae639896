/** Where the cards of one provider's column stand side by side when their times overlap. */
export type Span = { id: string; start: number; end: number; isGone: boolean }
/** `left` and `width`: per cent of the column. */
export type Place = { left: number; width: number }

/** How much of the column appointments that no longer take place get, beside those that do. */
const GONE_WIDTH = 24

/**
 * Appointments that take place share the column's width with those they overlap. Cancelled ones and no-shows free their slot, so
 * they step aside: what has been booked over them keeps most of the width.
 */
export function layoutColumn(spans: readonly Span[]): Map<string, Place> {
  const places = new Map<string, Place>()
  const live = spans.filter((span) => !span.isGone)
  const gone = spans.filter((span) => span.isGone)
  for (const cluster of clusterOf(live)) {
    const hasGone = gone.some((span) => cluster.some((other) => overlaps(span, other)))
    placeCluster(cluster, 0, hasGone ? 100 - GONE_WIDTH : 100, places)
  }
  for (const cluster of clusterOf(gone)) {
    const isBeside = cluster.some((span) => live.some((other) => overlaps(span, other)))
    placeCluster(cluster, isBeside ? 100 - GONE_WIDTH : 0, isBeside ? GONE_WIDTH : 100, places)
  }
  return places
}

const overlaps = (a: Span, b: Span) => a.start < b.end && b.start < a.end

/** Groups of spans that overlap, directly or through others. */
function clusterOf(spans: readonly Span[]): Span[][] {
  const sorted = [...spans].sort((a, b) => a.start - b.start || b.end - a.end || a.id.localeCompare(b.id))
  const clusters: Span[][] = []
  let end = -Infinity
  for (const span of sorted) {
    if (span.start >= end) clusters.push([])
    clusters.at(-1)!.push(span)
    end = Math.max(end, span.end)
  }
  return clusters
}

function placeCluster(cluster: readonly Span[], left: number, width: number, places: Map<string, Place>): void {
  const laneEnds: number[] = []
  const lanes = cluster.map((span) => {
    const free = laneEnds.findIndex((end) => end <= span.start)
    const lane = free === -1 ? laneEnds.length : free
    laneEnds[lane] = span.end
    return lane
  })
  const share = width / laneEnds.length
  cluster.forEach((span, index) => places.set(span.id, { left: left + lanes[index]! * share, width: share }))
}
