import { covers, type Positions } from '@derm/contract'
import type { Timer } from '../clock.ts'

/** How new data is. `undefined`: no answer has said anything. `null`: nobody can say. */
export type AsOf = Positions | null | undefined

/** One fetch of one query, from its beginning to its end. */
export type Flight = {
  asOf: AsOf
  /** What was known to exist when it began. */
  asked: Positions
  /** How much had been heard of the query's resources when it began, and how often the query had been outdated. */
  news: number
  outdated: number
  session: number
  /** One of its answers did not say how new it is. */
  isPartial: boolean
  /** Channels that have been removed since it began. */
  removed: Set<string>
}

/** What the planner knows of one cached query. */
export type Plan = {
  asOf: AsOf
  flight?: Flight
  startedAt: number
  timer?: Timer
  dueAt: number
  /** Fetches in a row that brought nothing new enough, and whether the last of them failed. */
  setbacks: number
  isFailing: boolean
  /** Of what had been heard of the query's resources, how much its data reflects. */
  news: number
  /** How often it became stale for another reason than a position, and how many of these its data reflects. */
  outdated: number
  reflected: number
  /** Of which session its data is; -1: of none that we know. */
  session: number
  isPartial: boolean
  /** Its first load was cancelled: it has neither data nor an error, and nobody else will ask again. */
  isInterrupted: boolean
  /** `setQueryData` has changed it since it was fetched: `asOf` may not be true of what it shows. */
  isHandWritten: boolean
  /** When a change first cancelled a fetch of it, none having landed since. */
  cancelledSince: number | undefined
}

export function createPlan(): Plan {
  return {
    asOf: undefined,
    startedAt: -Infinity,
    dueAt: 0,
    setbacks: 0,
    isFailing: false,
    news: 0,
    outdated: 0,
    reflected: 0,
    session: -1,
    isPartial: false,
    isInterrupted: false,
    isHandWritten: false,
    cancelledSince: undefined,
  }
}

export function createFlight(known: Pick<Flight, 'asked' | 'news' | 'outdated' | 'session'>): Flight {
  return { ...known, asOf: undefined, isPartial: false, removed: new Set() }
}

/** A further page makes what is there no newer. */
export function createFurtherFlight({ asOf, isPartial, news, reflected, session }: Plan): Flight {
  return { asOf: asOf ?? null, isPartial, asked: {}, news, outdated: reflected, session, removed: new Set() }
}

/** Older than what was known when it was asked for. */
export function isLagging({ asOf, asked }: Flight): boolean {
  return Boolean(asOf) && Object.entries(asked).some(([local, position]) => !covers(asOf?.[local], position))
}

/** Whether what has landed may hold something of a channel that was removed meanwhile. */
export function isForbidden({ asOf, isPartial, removed }: Flight, isOfResources: boolean): boolean {
  if (removed.size === 0) return false
  return (asOf && Object.keys(asOf).some((local) => removed.has(local))) || ((!asOf || isPartial) && isOfResources)
}
