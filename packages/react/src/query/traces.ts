import { toChannelKey, type EventEnvelope, type Position, type Positions } from '@derm/contract'
import type { Clock } from '@derm/core'

/** What is asked for later than this after an event was asked for by somebody, not by the event. */
const KEPT_MS = 30_000

type Noted = Position & { traceparent: string; until: number }

/**
 * Which trace a request belongs to. A change begins one; a refetch belongs to that of the newest event of a channel that it asks to see. [OPS45]
 * The client records nothing itself: it hands ids on, which are random and say nothing of anybody.
 */
export class Traces {
  private readonly newest = new Map<string, Noted>()

  constructor(private readonly clock: Pick<Clock, 'elapsed'>) {}

  note({ channel, epoch, seq, traceparent }: EventEnvelope): void {
    const key = toChannelKey(channel)
    if (traceparent === undefined) this.newest.delete(key)
    else this.newest.set(key, { epoch, seq, traceparent, until: this.clock.elapsed() + KEPT_MS })
  }

  /** Of the first channel whose newest event is what the request asks for at least. */
  traceOf(minAsOf: Positions): string | undefined {
    const now = this.clock.elapsed()
    for (const [key, { epoch, seq }] of Object.entries(minAsOf)) {
      const noted = this.newest.get(key)
      if (noted?.epoch === epoch && noted.seq === seq && now <= noted.until) return noted.traceparent
    }
    return undefined
  }

  /** The connection was let go. */
  clear(): void {
    this.newest.clear()
  }
}

/** W3C trace context of a change. Whether it is recorded is for the API to say. */
export function beginTrace(): string {
  const hex = (bytes: number) =>
    Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `00-${hex(16)}-${hex(8)}-00`
}
