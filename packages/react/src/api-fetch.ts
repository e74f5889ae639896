import type { Clock } from '@derm/core'
import { actionOf, createTokenRenewal, type TokenSource } from '@derm/core/client'
import { ApiError } from './api-error.ts'
import { createApiUrl } from './api-url.ts'
import { DEADLINE_MS } from './deadline.ts'

export type ApiFetch = (input: string, init?: RequestInit) => Promise<Response>

/** What the server asks to wait for is waited for here, so often and if it is no longer; else the caller backs off. */
const MAX_WAITS = 2
const MAX_WAIT_S = 5

/**
 * `fetch` with the token, to the API's own origin. It does what the code of a refusal says [SUB20]: `refresh` renews the token and asks once
 * more; `backoff` asks again when the server says when, as far as a repetition does no harm; all others are the caller's.
 *
 * @throws ApiError `offline` when there was no answer for 30 s. @throws TypeError for another origin. [SUB23]
 */
export function createApiFetch({ apiUrl, clock, ...tokens }: TokenSource & { apiUrl: string; clock: Clock }): ApiFetch {
  const toUrl = createApiUrl(apiUrl)
  const renew = createTokenRenewal(tokens)
  const pause = (ms: number) => new Promise<void>((resolve) => void clock.setTimeout(resolve, ms))

  async function send(url: URL, init: RequestInit, token: string): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set('authorization', `Bearer ${token}`)
    const deadline = new AbortController()
    const follow = () => deadline.abort(init.signal?.reason)
    if (init.signal?.aborted) follow()
    init.signal?.addEventListener('abort', follow, { once: true })
    const timer = setTimeout(() => deadline.abort(new ApiError('offline', 0)), DEADLINE_MS)
    try {
      // The API does not redirect. Whoever does is somebody else.
      const response = await fetch(url, { redirect: 'error', ...init, headers, signal: deadline.signal })
      if (!response.body) return response
      // Whole, within the deadline: a body that stalls would keep the query fetching for ever.
      const { status, statusText } = response
      return new Response(await response.arrayBuffer(), { status, statusText, headers: response.headers })
    } finally {
      clearTimeout(timer)
    }
  }

  return async (input, init = {}) => {
    const url = toUrl(input)
    let token = await tokens.getToken()
    let isRenewed = false
    for (let waits = 0; ;) {
      const response = await send(url, init, token)
      if (response.status < 400) return response
      const action = await actionFor(response)
      if (action === 'refresh' && !isRenewed) {
        isRenewed = true
        token = await renew(token)
        continue
      }
      const seconds = Number(response.headers.get('retry-after') ?? NaN)
      const maySoon = action === 'backoff' && seconds <= MAX_WAIT_S && isRepeatable(init)
      if (!maySoon || waits++ >= MAX_WAITS) return response
      await pause(seconds * 1000 * (1 + 0.5 * Math.random()))
      token = await tokens.getToken()
    }
  }
}

/** An answer without a code of the catalogue is somebody else's: nothing is done about it here. */
async function actionFor(response: Response) {
  const problem = (await response
    .clone()
    .json()
    .catch(() => null)) as { code?: unknown } | null
  return problem && typeof problem.code === 'string' ? actionOf(problem.code) : undefined
}

function isRepeatable({ method = 'GET', headers }: RequestInit): boolean {
  return method === 'GET' || method === 'HEAD' || new Headers(headers).has('idempotency-key')
}
