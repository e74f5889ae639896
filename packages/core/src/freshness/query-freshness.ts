import { FetchAttempt, type AsOf } from './fetch-attempt.ts'

/**
 * How old one cached query is, and what its last fetch came to. Three phases:
 *
 * - `settled`: no fetch that the scheduler saw begin is under way.
 * - `fetching`: one is; `attempt` collects what its answers say.
 * - `interrupted`: the first load was cancelled. The query has neither data nor an error, and nobody else will ask again.
 */
export type QueryFreshness = Facts &
  ({ phase: 'fetching'; attempt: FetchAttempt } | { phase: 'settled' | 'interrupted'; attempt?: undefined })

export type Phase = QueryFreshness['phase']

type Facts = {
  asOf: AsOf
  /** One of the answers did not say how new it is. */
  isPartial: boolean
  /** How much of the news of its resources the data reflects. */
  news: number
  /** The session in which the data was asked for. -1: unknown. */
  session: number
  /** How often the query became stale for another reason than a position, and how many of these its data reflects. */
  invalidations: number
  reflected: number
  /** Fetches in a row that brought nothing new enough, and whether the last one failed. */
  setbacks: number
  isFailing: boolean
  /** What had been heard of when the last fetch was refused for a reason of its own. */
  refusedAt: number | undefined
  /** Its query function was wrapped in `live` when it was last fetched. */
  isLive: boolean
  /** `setQueryData` changed the data after the fetch: `asOf` may not be true of it. */
  isHandWritten: boolean
  /** When a mutation first cancelled a fetch, if none succeeded since. Milliseconds of `Clock.elapsed`. */
  cancelledSince: number | undefined
}

export type FreshnessEvent =
  | { type: 'fetchStart'; attempt: FetchAttempt }
  | { type: 'fetchSuccess' }
  | { type: 'fetchError'; hasData: boolean; refusedAt?: number | undefined }
  /** `setQueryData`. */
  | { type: 'put' }
  /** The state was written, not fetched: a fetch was cancelled, or data came from elsewhere. */
  | { type: 'written'; hasData: boolean }
  /** A mutation cancelled the fetch under way. */
  | { type: 'withdrawn'; at: number }
  | { type: 'invalidated' }
  | { type: 'reconnected'; hasData: boolean }

type EventType = FreshnessEvent['type']
type EventOfType<Type extends EventType> = Extract<FreshnessEvent, { type: Type }>
type InPhase<P extends Phase> = Extract<QueryFreshness, { phase: P }>
type Transition<P extends Phase, Type extends EventType> = (
  freshness: InPhase<P>,
  event: EventOfType<Type>,
) => QueryFreshness

export const UNKNOWN_FRESHNESS: QueryFreshness = {
  phase: 'settled',
  asOf: undefined,
  isPartial: false,
  news: 0,
  session: -1,
  invalidations: 0,
  reflected: 0,
  setbacks: 0,
  isFailing: false,
  refusedAt: undefined,
  isLive: false,
  isHandWritten: false,
  cancelledSince: undefined,
}

/** Every event in every phase. */
export const TRANSITIONS: { [P in Phase]: { [Type in EventType]: Transition<P, Type> } } = {
  settled: {
    fetchStart: onFetchStart,
    fetchSuccess: onUnseenSuccess,
    fetchError: onError,
    put: onPut,
    written: onReplaced,
    withdrawn: onWithdrawn,
    invalidated: onInvalidated,
    reconnected: onReconnected,
  },
  fetching: {
    fetchStart: onFetchStart,
    fetchSuccess: onFetchSuccess,
    fetchError: onFetchError,
    put: onPut,
    written: onFetchCancelled,
    withdrawn: onFetchWithdrawn,
    invalidated: onInvalidated,
    reconnected: onReconnected,
  },
  interrupted: {
    fetchStart: onFetchStart,
    fetchSuccess: onUnseenSuccess,
    fetchError: onError,
    put: onPut,
    written: onReplaced,
    withdrawn: onWithdrawn,
    invalidated: onInvalidated,
    reconnected: onReconnected,
  },
}

/** The attempt that adds a further page. It does not make the pages before it newer. */
export function createFurtherAttempt({ asOf, isPartial, news, reflected, session }: QueryFreshness): FetchAttempt {
  return new FetchAttempt({ minAsOf: {}, news, invalidations: reflected, session }, asOf ?? null, isPartial)
}

export function reduceFreshness(freshness: QueryFreshness, event: FreshnessEvent): QueryFreshness {
  const transition = TRANSITIONS[freshness.phase][event.type] as Transition<Phase, EventType>
  return transition(freshness, event)
}

function onFetchStart(freshness: QueryFreshness, { attempt }: EventOfType<'fetchStart'>): QueryFreshness {
  return { ...freshness, phase: 'fetching', attempt }
}

function onFetchSuccess({ attempt, ...facts }: InPhase<'fetching'>): QueryFreshness {
  return {
    ...onSuccess({ ...facts, phase: 'settled' }),
    asOf: attempt.asOf,
    isLive: attempt.isLive,
    isPartial: attempt.isPartial,
    news: attempt.start.news,
    session: attempt.start.session,
    reflected: attempt.start.invalidations,
    // A server that lags is asked less and less often.
    setbacks: attempt.isTooOld() ? facts.setbacks + 1 : 0,
  }
}

/** Data of a fetch that the scheduler did not see begin: nothing is known of it. */
function onUnseenSuccess(freshness: InPhase<'settled' | 'interrupted'>): QueryFreshness {
  return { ...onSuccess(freshness), asOf: undefined, isPartial: false, news: 0, session: -1, setbacks: 0 }
}

function onSuccess<F extends QueryFreshness>(freshness: F): F {
  return { ...freshness, isFailing: false, isHandWritten: false, cancelledSince: undefined }
}

function onFetchError(
  { attempt, ...facts }: InPhase<'fetching'>,
  { hasData, refusedAt }: EventOfType<'fetchError'>,
): QueryFreshness {
  // Without data the error is what is shown: it is as new as the fetch that it ended.
  const shown = hasData ? {} : { news: attempt.start.news, reflected: attempt.start.invalidations }
  return onError({ ...facts, ...shown, isLive: attempt.isLive, refusedAt, phase: 'settled' })
}

function onError(freshness: QueryFreshness): QueryFreshness {
  return { ...freshness, setbacks: freshness.setbacks + 1, isFailing: true }
}

function onPut(freshness: QueryFreshness): QueryFreshness {
  return { ...freshness, isHandWritten: true }
}

/** Data that was not fetched: nothing is known of it. */
function onReplaced(freshness: QueryFreshness): QueryFreshness {
  return { ...freshness, asOf: undefined, news: 0 }
}

function onFetchCancelled(
  { attempt: _, ...facts }: InPhase<'fetching'>,
  { hasData }: EventOfType<'written'>,
): QueryFreshness {
  return { ...facts, phase: hasData ? 'settled' : 'interrupted' }
}

function onFetchWithdrawn(
  { attempt: _, ...facts }: InPhase<'fetching'>,
  event: EventOfType<'withdrawn'>,
): QueryFreshness {
  return onWithdrawn({ ...facts, phase: 'settled' }, event)
}

/** Somebody wanted what was cancelled. */
function onWithdrawn(freshness: QueryFreshness, { at }: EventOfType<'withdrawn'>): QueryFreshness {
  return { ...onInvalidated(freshness), cancelledSince: freshness.cancelledSince ?? at }
}

function onInvalidated(freshness: QueryFreshness): QueryFreshness {
  return { ...freshness, invalidations: freshness.invalidations + 1 }
}

/** What failed is tried again without a back-off. */
function onReconnected(freshness: QueryFreshness, { hasData }: EventOfType<'reconnected'>): QueryFreshness {
  if (!freshness.isFailing) return freshness
  return { ...(hasData ? freshness : onInvalidated(freshness)), setbacks: 0, isFailing: false, refusedAt: undefined }
}
