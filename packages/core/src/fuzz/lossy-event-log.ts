import type { EventLogWriter } from '../event-log/event-log.ts'
import { delay } from '../delay.ts'
import { MemoryEventLog } from '../event-log/memory-event-log.ts'
import type { ManualClock } from '../testing/manual-clock.ts'
import type { Dice } from '../testing/random.ts'

/** What befalls the live messages for now, as probabilities. */
export type Weather = { drop: number; repeat: number; delay: number }
export const CALM: Weather = { drop: 0, repeat: 0, delay: 0 }

/** The event log in memory, behind a network that loses answers, and drops, repeats and delays live messages. */
export class LossyEventLog {
  weather: Weather = CALM
  /** Probability that a call's answer is lost, after it was carried out. */
  lostAnswers = 0
  private identity = 1
  readonly memory: MemoryEventLog

  constructor(
    private readonly clock: ManualClock,
    private readonly dice: Dice,
    maxEntries: number,
  ) {
    this.memory = new MemoryEventLog(
      maxEntries,
      (deliver) => this.publish(deliver),
      () => clock.elapsed(),
    )
  }

  /** A new server: nothing of before is there, and it says who it is. */
  restartEmpty(): void {
    this.memory.flush()
    this.identity++
    this.memory.breakConnections()
  }

  connectWriter(isAlive: () => boolean): EventLogWriter & { serverIdentity(): Promise<string> } {
    const call = async <Result>(run: () => Promise<Result>): Promise<Result> => {
      await this.pause()
      if (!isAlive()) throw new Error('this pod is gone')
      const result = await run()
      await this.pause()
      if (this.dice.chance(this.lostAnswers)) throw new Error('the answer was lost')
      return result
    }
    return {
      append: (batches) => call(() => this.memory.append(batches)),
      refill: (batch, base, options) => call(() => this.memory.refill(batch, base, options)),
      heads: (channels) => call(() => this.memory.heads(channels)),
      renewCaughtUpLeases: (leases, forMs) => call(() => this.memory.renewCaughtUpLeases(leases, forMs)),
      serverIdentity: () => call(async () => String(this.identity)),
    }
  }

  private publish(deliver: () => void): void {
    const { drop, repeat, delay } = this.weather
    if (this.dice.chance(drop)) return
    for (let copies = this.dice.chance(repeat) ? 2 : 1; copies > 0; copies--)
      if (this.dice.chance(delay)) this.clock.setTimeout(deliver, this.dice.between(1, 400))
      else deliver()
  }

  private pause(): Promise<void> {
    return delay(this.clock, this.dice.between(0, 3))
  }
}
