import type { Position } from '@derm/contract'
import type { HistoryRead } from '../event-log/event-log.ts'
import { frameOf, isTombstone } from '../event-log/frame.ts'

/**
 * What history answered about the time after a position, for all who want to know.
 * `entries`: they run without a gap from `after.seq + 1` to `headSeq`; `frame` is `null` where an entry cannot be part of a recovery.
 * `resync`: history does not reach back so far, or it is too much. `wait`: it may have more in a moment.
 */
export type Span = { after: Position; bytes: number } & (
  | { kind: 'entries'; headSeq: number; entries: readonly { seq: number; frame: string | null }[] }
  | { kind: 'resync' }
  | { kind: 'wait' }
)

/** Each entry is verified once, for all. */
export function toSpan(read: HistoryRead, after: Position, isAuthentic: (bytes: string) => boolean): Span {
  if (read.kind === 'unreachable' || read.kind === 'partial') return { kind: 'resync', after, bytes: 0 }
  if (read.kind !== 'complete') return { kind: 'wait', after, bytes: 0 }
  const entries = read.entries.map(({ seq, bytes }) => ({
    seq,
    frame: isTombstone(bytes) || !isAuthentic(bytes) ? null : frameOf(bytes),
  }))
  const bytes = read.entries.reduce((sum, entry) => sum + entry.bytes.length, 0)
  return { kind: 'entries', after, bytes, headSeq: read.head.seq, entries }
}

/** Whether it answers this cursor too. What does not reach back to a position does not reach back further either. */
export function isAbout({ kind, after }: Span, { epoch, seq }: Position): boolean {
  if (after.epoch !== epoch) return false
  return kind === 'entries' ? after.seq <= seq : kind === 'resync' ? seq <= after.seq : seq === after.seq
}

/** The last position that it speaks of. */
export function reachOf(span: Span): Position {
  return { epoch: span.after.epoch, seq: span.kind === 'entries' ? span.headSeq : span.after.seq }
}
