import { drawBackOff, type BackOff } from '../back-off.ts'
import type { Clock, Random } from '../clock.ts'

/**
 * Open while the event log, or Postgres, is left alone after a failure. Each failure opens it for longer, until the event log has
 * answered again. So no drain waits for a server that is away, and no lock is taken for nothing. [REL7]
 */
export class CircuitBreaker {
  private failures = 0
  private openUntil = -Infinity

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly backOff: BackOff,
  ) {}

  get isOpen(): boolean {
    return this.clock.elapsed() < this.openUntil
  }

  trip(): void {
    this.failures++
    this.openUntil = this.clock.elapsed() + drawBackOff(this.backOff, this.failures, this.random)
  }

  /** The next failure opens it for the shortest time again. What is open stays open. */
  reset(): void {
    this.failures = 0
  }
}
