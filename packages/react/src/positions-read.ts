import { PositionsPage, type ChannelPosition } from '@derm/contract'
import { ApiError, readApiError } from './api-error.ts'
import type { ApiFetch } from './api-fetch.ts'
import { isOurAnswer } from './is-our-answer.ts'

/** Asks the API for the positions of channels, by `<scope>/<topic>`. An answer that one has already costs no body: 304. [INV25] */
export function createPositionsRead(
  fetch: ApiFetch,
): (channelKeys: readonly string[]) => Promise<readonly ChannelPosition[]> {
  let last: { path: string; tag: string; positions: readonly ChannelPosition[] } | undefined
  return async (channelKeys) => {
    const path = `/api/v1/positions?${new URLSearchParams(channelKeys.map((channelKey) => ['channel', channelKey]))}`
    const known = last?.path === path ? last : undefined
    const headers = { accept: 'application/json', ...(known ? { 'if-none-match': known.tag } : {}) }
    const response = await fetch(path, { headers })
    if (response.status === 304 && known) return known.positions
    if (!response.ok || !isOurAnswer(response)) throw await readApiError(response)
    const page = PositionsPage.safeParse(await response.json())
    if (!page.success) throw new ApiError('unavailable', response.status)
    const positions = page.data.channels
    const tag = response.headers.get('etag')
    last = tag === null ? undefined : { path, tag, positions }
    return positions
  }
}
