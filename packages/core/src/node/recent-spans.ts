import type { ChannelName } from '@derm/contract'
import type { Clock } from '../clock.ts'
import type { Span } from './span.ts'

/** What history answered a moment ago: per channel the last span of each kind, bounded in time and bytes. */
export class RecentSpans {
  /** In the order in which they were put. */
  private readonly spans = new Map<string, { span: Span; at: number }>()
  private bytes = 0

  constructor(
    private readonly clock: Clock,
    private readonly keepMs: number,
    private readonly maxBytes: number,
  ) {}

  find(channel: ChannelName, isFit: (span: Span) => boolean): Span | undefined {
    this.dropOld()
    const kept = [this.spans.get(`entries ${channel}`), this.spans.get(`resync ${channel}`)]
    return kept.find((one) => one && isFit(one.span))?.span
  }

  put(channel: ChannelName, span: Span): void {
    if (span.kind === 'wait') return
    const key = `${span.kind} ${channel}`
    this.drop(key)
    this.spans.set(key, { span, at: this.clock.elapsed() })
    this.bytes += span.bytes
    for (const oldest of this.spans.keys()) {
      if (this.bytes <= this.maxBytes) return
      this.drop(oldest)
    }
  }

  private dropOld(): void {
    const now = this.clock.elapsed()
    for (const [key, { at }] of this.spans) {
      if (now - at < this.keepMs) return
      this.drop(key)
    }
  }

  private drop(key: string): void {
    this.bytes -= this.spans.get(key)?.span.bytes ?? 0
    this.spans.delete(key)
  }
}
