import type { Clock } from '../clock.ts'
import type { Connection } from '../subscriber/connection-status.ts'
import type { Why } from './query-currency.ts'

/** `why`: what is shown is old for another reason than the connection. `checkingMs`: how often the API is asked instead for what has changed. */
export type LiveConnection = Connection & { why?: Why; checkingMs?: number }

/** What the status is made of, besides the connection. */
export type LiveFacts = {
  /** The browser takes itself for offline: nothing can be read. */
  isPaused: boolean
  /** The shown query that has not been current for longest. */
  oldest: { since: number; why: Why } | undefined
  /** How often the API is asked for positions, while it answers. */
  checkingMs: number | undefined
}

/** The status as people read it: it says how new what they see is, not how the socket is. [INV22] */
export class LiveStatus {
  private told: LiveConnection
  /** Since when what is shown may be old. */
  private oldSince: number | undefined

  constructor(private readonly clock: Clock) {
    this.told = { status: 'idle', since: clock.now() }
  }

  get current(): LiveConnection {
    return this.told
  }

  /** @returns whether the status is another one now. */
  update(connection: Connection, facts: LiveFacts): boolean {
    const now = this.tell(connection, facts)
    if (now.status === 'live' || now.status === 'idle') this.oldSince = undefined
    else this.oldSince ??= now.since
    const isNew = (Object.keys({ ...this.told, ...now }) as (keyof LiveConnection)[]).some(
      (key) => this.told[key] !== now[key],
    )
    if (isNew) this.told = now
    return isNew
  }

  private tell(connection: Connection, { isPaused, oldest, checkingMs }: LiveFacts): LiveConnection {
    const { status } = connection
    if (status === 'idle' || status === 'stopped') return connection
    const since = this.oldSince ?? connection.since
    const checking = checkingMs === undefined ? {} : { checkingMs }
    if (status !== 'live') {
      if (status === 'delayed') return { ...connection, ...checking }
      // What is shown is asked for by the other way: slower, and not silent.
      return checkingMs === undefined ? connection : { ...connection, status: 'delayed', since, ...checking }
    }
    if (isPaused) return { ...connection, status: 'delayed', since: this.oldSince ?? this.clock.now(), why: 'paused' }
    if (oldest) return { ...connection, status: 'delayed', ...oldest, ...checking }
    return connection
  }
}
