import { coalesce, drawBackOff } from '@derm/core'
import { ApiError } from './api-error.ts'
import { DEADLINE_MS } from './deadline.ts'

export type ApiFetch = (input: string, init?: RequestInit) => Promise<Response>

const LAG_TRIES = 4
const LAG_BACK_OFF = { baseMs: 200, maxMs: 1600 }

/**
 * `fetch` with the token. A token that has just expired is renewed once, for all requests together; a lagging replica is asked again.
 * @throws ApiError `offline` when there was no answer for 30 s.
 */
export function createApiFetch({
  apiUrl,
  getToken,
  refreshToken,
}: {
  apiUrl: string
  getToken: () => Promise<string>
  refreshToken: () => Promise<string>
}): ApiFetch {
  const refresh = coalesce(refreshToken)

  async function send(input: string, init: RequestInit, token: string): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set('authorization', `Bearer ${token}`)
    const deadline = new AbortController()
    const follow = () => deadline.abort(init.signal?.reason)
    if (init.signal?.aborted) follow()
    init.signal?.addEventListener('abort', follow, { once: true })
    const timer = setTimeout(() => deadline.abort(new ApiError('offline', 0)), DEADLINE_MS)
    try {
      const response = await fetch(new URL(input, apiUrl), { ...init, headers, signal: deadline.signal })
      if (!response.body) return response
      // Whole, within the deadline: a body that stalls would keep the query fetching for ever.
      const { status, statusText } = response
      return new Response(await response.arrayBuffer(), { status, statusText, headers: response.headers })
    } finally {
      clearTimeout(timer)
    }
  }

  return async (input, init = {}) => {
    let response = await send(input, init, await getToken())
    if (response.status === 401 && (await codeOf(response)) === 'token_expired')
      response = await send(input, init, await refresh())
    for (let attempt = 1; response.status === 503 && attempt <= LAG_TRIES; attempt++) {
      if ((await codeOf(response)) !== 'not_fresh_enough') return response
      await new Promise((resolve) =>
        setTimeout(
          resolve,
          drawBackOff(LAG_BACK_OFF, attempt, () => 1),
        ),
      )
      response = await send(input, init, await getToken())
    }
    return response
  }
}

async function codeOf(response: Response): Promise<unknown> {
  const body = (await response
    .clone()
    .json()
    .catch(() => null)) as { code?: unknown } | null
  return body?.code
}
