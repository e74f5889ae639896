import { newerPosition, parsePositions, type Positions, type Resource } from '@derm/contract'
import type { Clock } from '@derm/core'
import type { RefetchScheduler } from '@derm/core/client'
import type { Mutation, MutationFunctionContext, QueryClient } from '@tanstack/react-query'
import type { ApiFetch } from '../api-fetch.ts'
import { beginTrace } from './traces.ts'

/** What a mutation's function gets. `fetch` sends an Idempotency-Key with every request that changes something. */
export type MutationContext = { fetch: ApiFetch; idempotencyKey: string }

/** `context`: as TanStack Query gives it. It is one object for all tries of one `mutate()`, and so it is how we know them. */
export type MutationFunction<Variables, Result> = (
  variables: Variables,
  context?: MutationFunctionContext,
) => Promise<Result>

/** One change, with all its tries. */
type Attempt = {
  idempotencyKey: string
  traceparent: string
  /** The key of each request that it makes: the same request has the same key in each try. */
  keys: Map<string, string>
  published: Positions
  end: ((published: Positions) => void) | undefined
  stopWaiting: (() => void) | undefined
}

const KEPT_KEYS = 500

export type MutationOptions = { queryClient: QueryClient; scheduler: RefetchScheduler; clock: Clock; fetch: ApiFetch }

export function createMutations({ queryClient, scheduler, clock, fetch: apiFetch }: MutationOptions) {
  const ownKeys = new Set<string>()
  const attempts = new WeakMap<MutationFunctionContext, Attempt>()

  function createAttempt(): Attempt {
    const idempotencyKey = crypto.randomUUID()
    const traceparent = beginTrace()
    return { idempotencyKey, traceparent, keys: new Map(), published: {}, end: undefined, stopWaiting: undefined }
  }

  function noteOwn(key: string): void {
    ownKeys.add(key)
    if (ownKeys.size > KEPT_KEYS) ownKeys.delete(ownKeys.values().next().value!)
  }

  /** The first request of a change has its key, a further one its own: to the API one key means one request. */
  function keyOf({ idempotencyKey, keys }: Attempt, request: string): string {
    const key = keys.get(request) ?? (keys.size === 0 ? idempotencyKey : `${idempotencyKey}.${keys.size}`)
    keys.set(request, key)
    return key
  }

  /** For one try. */
  function createFetch(attempt: Attempt): ApiFetch {
    let uploads = 0
    return async (input, init = {}) => {
      const { method = 'GET', body } = init
      // A body that cannot be compared goes by its place among its like.
      const tellApart = (one: typeof body) => (typeof one === 'string' ? one : one ? `#${++uploads}` : '')
      const headers = new Headers(init.headers)
      if (!headers.has('traceparent')) headers.set('traceparent', attempt.traceparent)
      if (method !== 'GET' && method !== 'HEAD') {
        // A key that the caller gives, to know a repeat by, is this window's own as well.
        const key = headers.get('idempotency-key') ?? keyOf(attempt, `${method} ${input}\n${tellApart(body)}`)
        headers.set('idempotency-key', key)
        noteOwn(key)
      }
      const response = await apiFetch(input, { ...init, headers })
      for (const [channelKey, position] of Object.entries(parsePositions(response.headers.get('published')) ?? {}))
        attempt.published[channelKey] = newerPosition(attempt.published[channelKey], position)!
      return response
    }
  }

  function settle(attempt: Attempt): void {
    attempt.stopWaiting?.()
    attempt.stopWaiting = undefined
    attempt.end?.(attempt.published)
    attempt.end = undefined
  }

  /** A try that failed and is to be followed by another has not settled: what is shown stays until the last one has. */
  function settleUnlessRetried(attempt: Attempt, variables: unknown): void {
    const cache = queryClient.getMutationCache()
    const retried = cache.getAll().find((one) => isRetried(one, variables))
    if (!retried) return settle(attempt)
    attempt.stopWaiting = cache.subscribe((event) => {
      if (event.mutation !== retried) return
      if (event.type === 'removed' || retried.state.status !== 'pending') settle(attempt)
    })
  }

  return {
    isOwn: (mutationId: string | undefined) => mutationId !== undefined && ownKeys.has(mutationId),
    mutation<Variables, Result>(
      resources: Resource | readonly Resource[],
      run: (context: MutationContext, variables: Variables) => Promise<Result>,
    ): MutationFunction<Variables, Result> {
      const touched = typeof resources === 'string' ? [resources] : resources
      return async (variables, context) => {
        const attempt = (context && attempts.get(context)) ?? createAttempt()
        if (context) attempts.set(context, attempt)
        const { idempotencyKey } = attempt
        ownKeys.add(idempotencyKey)
        attempt.stopWaiting?.()
        attempt.stopWaiting = undefined
        attempt.end ??= scheduler.beginMutation(touched)
        // After the caller's own handlers have put the answer into the cache.
        const soon = (then: () => void) => void clock.setTimeout(then, 0)
        try {
          const result = await run({ fetch: createFetch(attempt), idempotencyKey }, variables)
          soon(() => settle(attempt))
          return result
        } catch (error) {
          soon(() => settleUnlessRetried(attempt, variables))
          throw error
        }
      }
    },
  }
}

function isRetried({ state }: Mutation, variables: unknown): boolean {
  return state.status === 'pending' && state.failureCount > 0 && state.variables === variables
}
