import type { KeptKeys } from './kept-keys.ts'
import { ApiError, readProblem } from './api-error.ts'

/** `fetch`, as `live` and `realtime.mutation` hand it out: with the token, and with what they record of each answer. */
export type Fetch = (input: string, init?: RequestInit) => Promise<Response>

export type RequestOptions = {
  method?: 'GET' | 'POST' | 'PATCH'
  body?: unknown
  /** The version that the change is based on: `If-Match`. */
  version?: number
  signal?: AbortSignal
  /** Of the form that sends it: a repeat after a lost answer is known as one. */
  keys?: KeptKeys | undefined
}

/** Asks the API and reads its JSON. `path`: below `/api/v1`. @throws ApiError */
export async function request<Result>(fetch: Fetch, path: string, options: RequestOptions = {}): Promise<Result> {
  const { method = 'GET', body, version, signal, keys } = options
  const headers: Record<string, string> = { accept: 'application/json' }
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (version !== undefined) headers['if-match'] = `"${version}"`
  const init: RequestInit = { method, headers }
  if (body !== undefined) init.body = JSON.stringify(body)
  if (signal) init.signal = signal
  if (!keys) return send<Result>(fetch, path, init)
  return keys.run(`${method} ${path}\n${JSON.stringify(body)}`, (key) =>
    send<Result>(fetch, path, { ...init, headers: { ...headers, 'idempotency-key': key } }),
  )
}

async function send<Result>(fetch: Fetch, path: string, init: RequestInit): Promise<Result> {
  const response = await fetch(`/api/v1${path}`, init).catch((error: unknown) => {
    if (error instanceof ApiError || (error instanceof DOMException && error.name === 'AbortError')) throw error
    throw new ApiError('offline', 0)
  })
  if (!response.ok) throw await readProblem(response)
  return (response.status === 204 ? undefined : await response.json()) as Result
}

/** Reads a list to its end, page by page. */
export async function requestAll<Item>(
  fetch: Fetch,
  path: string,
  params: Record<string, string>,
  signal?: AbortSignal,
): Promise<Item[]> {
  const items: Item[] = []
  let cursor: string | null = null
  do {
    const query: string = new URLSearchParams({
      ...params,
      limit: '500',
      ...(cursor === null ? {} : { cursor }),
    }).toString()
    const page: { items: Item[]; nextCursor: string | null } = await request(
      fetch,
      `${path}?${query}`,
      signal ? { signal } : {},
    )
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return items
}
