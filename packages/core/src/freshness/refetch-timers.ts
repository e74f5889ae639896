import { drawBackOff } from '../back-off.ts'
import type { Clock, Random, Timer } from '../clock.ts'
import type { QueryFreshness } from './query-freshness.ts'
import type { RefetchSettings } from './refetch-options.ts'

/** When a refetch may start: `delayMs` from now. `isPatient`: a moment that was set before stands. */
export type Moment = { delayMs: number; isPatient: boolean }
export const AT_ONCE: Moment = { delayMs: 0, isPatient: false }
export const patiently = (delayMs: number): Moment => ({ delayMs, isPatient: true })
export const UNLESS_SET = patiently(0)

type Refetch = { startedAt: number; dueAt: number; timer: Timer | undefined }

/** When each query is refetched: one timer per query, by window, back-off and spread. */
export class RefetchTimers {
  private readonly refetches = new Map<string, Refetch>()
  private hasEnded = false

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly settings: RefetchSettings,
    private readonly onDue: (hash: string) => void,
  ) {}

  /** A moment of its own for each query, so that a large audience does not ask at once. */
  drawMoment(spreadMs: number): Moment {
    return { delayMs: this.random() * spreadMs, isPatient: true }
  }

  noteFetchStart(hash: string): void {
    this.cancel(hash)
    this.of(hash).startedAt = this.clock.elapsed()
  }

  set(hash: string, { delayMs, isPatient }: Moment, freshness: QueryFreshness): void {
    // A mutation may settle after the end.
    if (this.hasEnded) return
    const refetch = this.of(hash)
    if (refetch.timer !== undefined && isPatient) return
    const now = this.clock.elapsed()
    const windowEnd = refetch.startedAt + this.settings.windowMs
    const dueAt = Math.max(now + delayMs, windowEnd, now + this.drawBackOff(freshness))
    if (refetch.timer !== undefined && refetch.dueAt <= dueAt) return
    this.cancel(hash)
    if (dueAt <= now) return this.onDue(hash)
    refetch.dueAt = dueAt
    refetch.timer = this.clock.setTimeout(() => {
      refetch.timer = undefined
      this.onDue(hash)
    }, dueAt - now)
  }

  cancel(hash: string): void {
    const refetch = this.refetches.get(hash)
    this.clock.clearTimeout(refetch?.timer)
    if (refetch) refetch.timer = undefined
  }

  forget(hash: string): void {
    this.cancel(hash)
    this.refetches.delete(hash)
  }

  /** Nothing is due from now on, whatever is set. */
  end(): void {
    this.hasEnded = true
    for (const hash of [...this.refetches.keys()]) this.forget(hash)
  }

  private of(hash: string): Refetch {
    let refetch = this.refetches.get(hash)
    if (!refetch) this.refetches.set(hash, (refetch = { startedAt: -Infinity, dueAt: 0, timer: undefined }))
    return refetch
  }

  private drawBackOff({ setbacks, isFailing }: QueryFreshness): number {
    if (setbacks === 0) return 0
    const { minDelayMs, maxDelayMs, maxErrorDelayMs } = this.settings
    const maxMs = isFailing ? maxErrorDelayMs : maxDelayMs
    return drawBackOff({ baseMs: 2 * minDelayMs, maxMs }, setbacks, this.random)
  }
}
