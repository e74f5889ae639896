import { formatPositions, parseBodyPositions, parsePositions, type Positions } from '@derm/contract'
import type { RefetchScheduler } from '@derm/core/client'
import { hashKey, type QueryClient, type QueryFunctionContext } from '@tanstack/react-query'
import { ApiError } from '../api-error.ts'
import type { ApiFetch } from '../api-fetch.ts'

/** Refusals that say nothing of what was asked for: no token, too slow, too early, too often. */
const NO_ANSWER = new Set([401, 408, 425, 429])

/** What `live` needs of the realtime that was made for a query client. */
export type QuerySource = { scheduler: RefetchScheduler; fetch: ApiFetch }
const sources = new WeakMap<QueryClient, QuerySource>()

export function registerQuerySource(queryClient: QueryClient, source: QuerySource): () => void {
  sources.set(queryClient, source)
  return () => {
    if (sources.get(queryClient) === source) sources.delete(queryClient)
  }
}

export type LiveContext = Pick<QueryFunctionContext, 'client' | 'queryKey' | 'meta'> & {
  /** Of an infinite query: the page that is asked for. */
  pageParam?: unknown
  /** `fetch` with the user's token; it records how new each answer is. Paths are relative to `apiUrl`. */
  fetch: ApiFetch
  /** Read it only to have the request end when nobody shows the query any more: reading it is what TanStack Query goes by. */
  readonly signal: AbortSignal
}

/**
 * Wraps a query function: its answers' `As-Of` says how new the query is, and `Min-As-Of` asks for what is known to exist.
 *
 *     queryFn: live(async ({ fetch }) => {
 *       const response = await fetch('/api/v1/appointments?…')
 *       if (!response.ok) throw await readApiError(response)
 *       return response.json()
 *     })
 *
 * @throws ApiError also when the function took the body of a 5xx, 401, 408, 425 or 429 for data: that is no answer, and has to be asked for again.
 */
export function live<Data>(run: (context: LiveContext) => Promise<Data>): (context: AnyQueryContext) => Promise<Data> {
  return async (context) => {
    const source = sources.get(context.client)
    if (!source) throw new Error('live: no createRealtime was made for this QueryClient')
    const { scheduler } = source
    const hash =
      context.client.getQueryCache().find({ queryKey: context.queryKey, exact: true })?.queryHash ??
      hashKey(context.queryKey)
    const attempt = scheduler.attemptOf(hash)
    const failed: Response[] = []

    const fetch: ApiFetch = async (input, init = {}) => {
      const min = scheduler.minAsOf(hash, context.queryKey)
      const headers = new Headers(init.headers)
      if (Object.keys(min).length > 0) headers.set('min-as-of', formatPositions(min))
      const response = await source.fetch(input, { ...init, headers })
      // A replica that lags behind a creation says 404, and how old it is.
      if (response.ok || (response.status === 404 && response.headers.has('as-of')))
        attempt?.noteAnswer(await readAsOf(response))
      else if (response.status >= 500 || NO_ANSWER.has(response.status)) failed.push(response)
      return response
    }
    const data = await run({
      ...withoutSignal(context),
      fetch,
      get signal() {
        return context.signal
      },
    })
    const taken = failed.find(({ bodyUsed }) => bodyUsed)
    if (taken) throw new ApiError('unavailable', taken.status)
    return data
  }
}

/** What a query function is called with, of a plain or an infinite query. */
type AnyQueryContext = Pick<QueryFunctionContext, 'client' | 'queryKey' | 'meta' | 'signal'> & { pageParam?: unknown }

/** Spreading the context would read `signal`, and so make every unmount abort the fetch. */
function withoutSignal({ client, queryKey, meta, pageParam }: AnyQueryContext) {
  return { client, queryKey, meta, ...(pageParam === undefined ? {} : { pageParam }) }
}

async function readAsOf(response: Response): Promise<Positions | null> {
  const header = response.headers.get('as-of')
  if (header !== null) return parsePositions(header)
  const isJson = response.headers.get('content-type')?.includes('json')
  if (!isJson) return null
  // Above 32 channels the positions stand in the body.
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null)
  return parseBodyPositions((body as { asOf?: unknown } | null)?.asOf)
}
