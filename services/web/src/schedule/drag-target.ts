/** What a drag means: pure arithmetic between pixels and the day. */
export type DragStart = {
  /** Minutes of the appointment's start, and its length. */
  start: number
  length: number
  /** Minutes between the appointment's start and the point where it was taken. */
  grip: number
}
export type DropTarget = { providerId: string; start: number }

export const STEP = 15
export const FINE_STEP = 5

/**
 * The start of what is dragged while the pointer is at `minutes` of the day: on the grid of `step`, and wholly within [first, last).
 * Near the place it came from it stays there exactly, so that moving to another provider keeps an odd time.
 */
export function snapStart(
  { start, length, grip }: DragStart,
  minutes: number,
  step: number,
  first: number,
  last: number,
): number {
  const raw = minutes - grip
  if (Math.abs(raw - start) < step / 2) return start
  const snapped = Math.round(raw / step) * step
  return Math.max(first, Math.min(snapped, last - length))
}
