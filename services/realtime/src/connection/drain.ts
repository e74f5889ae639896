import { delay, systemClock } from '@derm/core'
import type { Members } from './members.ts'
import { sendAway, type Pace } from './send-away.ts'

/**
 * - `open`: takes whoever comes.
 * - `leaving`: says that it is not ready, and takes those whom a front door still sends that has not heard of it.
 * - `refusing`: takes nobody, and sends away those whom it has.
 */
export type DrainPhase = 'open' | 'leaving' | 'refusing'

export type DrainOptions = Pace & {
  /** From the end of readiness to the first client that is sent away: as long as the front door takes to hear of it. */
  pauseMs: number
}

/** The end of a node: not ready first, then a pause, then its clients go, at a pace. [SES8] [SES35] */
export class Drain {
  phase: DrainPhase = 'open'

  async run(members: Members, { pauseMs, ...pace }: DrainOptions): Promise<void> {
    this.phase = 'leaving'
    await delay(systemClock, pauseMs)
    this.phase = 'refusing'
    await sendAway(members, members.all(), pace)
  }
}
