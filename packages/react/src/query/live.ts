import { formatPositions, parseBodyPositions, parsePositions, type Positions } from '@derm/contract'
import { actionOf, type RefetchScheduler } from '@derm/core/client'
import { hashKey, type QueryClient, type QueryFunctionContext } from '@tanstack/react-query'
import { ApiError } from '../api-error.ts'
import type { ApiFetch } from '../api-fetch.ts'
import { isOurAnswer } from '../is-our-answer.ts'
import type { Traces } from './traces.ts'

/** What `live` needs of the realtime that was made for a query client. */
export type QuerySource = { scheduler: RefetchScheduler; fetch: ApiFetch; traces: Traces }
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
 * @throws ApiError also when the function took for data what is no answer of the API's, or says nothing of what was asked for (no token, too
 * early, too often, out of order); and when it got no answer at all, and made up its data itself. Such data reflects nothing. [INV23]
 */
export function live<Data>(run: (context: LiveContext) => Promise<Data>): (context: AnyQueryContext) => Promise<Data> {
  return async (context) => {
    const source = sources.get(context.client)
    if (!source) throw new Error('live: no createRealtime was made for this QueryClient')
    const { scheduler, traces } = source
    const hash =
      context.client.getQueryCache().find({ queryKey: context.queryKey, exact: true })?.queryHash ??
      hashKey(context.queryKey)
    const attempt = scheduler.attemptOf(hash)
    const failed: Response[] = []
    let asked = 0
    let answered = 0

    const fetch: ApiFetch = async (input, init = {}) => {
      const min = scheduler.minAsOf(hash, context.queryKey)
      const headers = new Headers(init.headers)
      if (Object.keys(min).length > 0) headers.set('min-as-of', formatPositions(min))
      const trace = traces.traceOf(min)
      if (trace !== undefined) headers.set('traceparent', trace)
      asked++
      const response = await source.fetch(input, { ...init, headers })
      if (!(await saysSomething(response))) {
        failed.push(response)
        return response
      }
      answered++
      // A replica that lags behind a creation says 404, and how old it is. A 304 says how new the data is that one has. [INV26]
      if (response.ok || response.status === 304 || (response.status === 404 && response.headers.has('as-of')))
        attempt?.noteAnswer(await readAsOf(response))
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
    if (taken || (asked > 0 && answered === 0))
      throw new ApiError('unavailable', taken?.status ?? failed[0]?.status ?? 0)
    return data
  }
}

/** What a query function is called with, of a plain or an infinite query. */
type AnyQueryContext = Pick<QueryFunctionContext, 'client' | 'queryKey' | 'meta' | 'signal'> & { pageParam?: unknown }

/** Spreading the context would read `signal`, and so make every unmount abort the fetch. */
function withoutSignal({ client, queryKey, meta, pageParam }: AnyQueryContext) {
  return { client, queryKey, meta, ...(pageParam === undefined ? {} : { pageParam }) }
}

/** Whether an answer says anything of what was asked for. A refusal that a new token or some time may change does not. */
async function saysSomething(response: Response): Promise<boolean> {
  if (!isOurAnswer(response)) return false
  if (response.status < 400) return true
  if (response.status >= 500) return false
  const problem = (await response
    .clone()
    .json()
    .catch(() => null)) as { code?: unknown } | null
  const action = actionOf(problem?.code)
  return action === 'fix' || action === 'reload' || action === 'stop'
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
