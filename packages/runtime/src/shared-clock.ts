import { systemClock, withTimeout, type Clock } from '@derm/core'

/** Asks a server what time it is: milliseconds since 1970. */
export type AskTime = () => Promise<number>

const MEASURE_EVERY_MS = 10_000
const ANSWER_MS = 2_000
/** How much a computer's counter may be off, and so how much worse a measurement becomes with its age: 100 ppm. */
const DRIFT = 1e-4

type Sample = { serverMs: number; elapsed: number; roundTripMs: number }

export interface SharedClock extends Clock {
  /** This computer's clock minus the server's, in milliseconds; `null` while the server has never answered. */
  skewMs(): number | null
  /** Measures now. Never rejects: without an answer the measurement from before goes on. */
  measure(): Promise<void>
  /** Measures, and then again and again. */
  start(): Promise<void>
  stop(): void
}

/**
 * The time of one server, Postgres, for all that crosses processes: what a pod writes into a token is read by other pods and by nodes, whose
 * computers may take it for another time. The difference is measured, and between measurements the computer's counter goes on, which nobody
 * sets: a wall clock that is set changes nothing. Before the first answer it is this computer's time. [OPS29]
 */
export function createSharedClock(ask: AskTime, clock: Clock = systemClock): SharedClock {
  let best: Sample | undefined
  let timer: NodeJS.Timeout | undefined

  const errorOf = ({ roundTripMs, elapsed }: Sample, at: number) => roundTripMs / 2 + (at - elapsed) * DRIFT
  const now = () => (best ? best.serverMs + (clock.elapsed() - best.elapsed) : clock.now())

  async function measure(): Promise<void> {
    const asked = clock.elapsed()
    const serverMs = await withTimeout(clock, ANSWER_MS, 'asking for the time', ask()).catch(() => NaN)
    const elapsed = clock.elapsed()
    if (!Number.isFinite(serverMs)) return
    const roundTripMs = elapsed - asked
    const sample = { serverMs: serverMs + roundTripMs / 2, elapsed, roundTripMs }
    // Both are right within half of their round trip: where they contradict each other, the server's clock was set, or is another one.
    const isContradiction = best && Math.abs(sample.serverMs - now()) > errorOf(best, elapsed) + roundTripMs / 2 + 1
    if (!best || isContradiction || errorOf(sample, elapsed) <= errorOf(best, elapsed)) best = sample
  }

  return {
    now,
    elapsed: () => clock.elapsed(),
    setTimeout: (run, ms) => clock.setTimeout(run, ms),
    clearTimeout: (running) => clock.clearTimeout(running),
    skewMs: () => (best ? clock.now() - now() : null),
    measure,
    async start() {
      await measure()
      timer = setInterval(() => void measure(), MEASURE_EVERY_MS)
      timer.unref()
    },
    stop: () => clearInterval(timer),
  }
}
