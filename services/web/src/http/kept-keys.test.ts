import { expect, it } from 'vitest'
import { ApiError } from './api-error.ts'
import { createKeptKeys } from './kept-keys.ts'

/** Sends changes with keys 1, 2, 3…; `answers`: an error, or nothing for success. Returns the keys that were sent. */
async function keysFor(...tries: [change: string, error?: ApiError][]): Promise<string[]> {
  let made = 0
  const keys = createKeptKeys(() => String(++made))
  const sent: string[] = []
  for (const [change, error] of tries)
    await keys
      .run(change, async (key) => {
        sent.push(key)
        if (error) throw error
      })
      .catch(() => undefined)
  return sent
}
const offline = new ApiError('offline', 0)
const broken = new ApiError('internal', 500)
const running = new ApiError('idempotency_in_progress', 409)
const busy = new ApiError('rate_limited', 429)
const refused = new ApiError('conflict', 409)

it('the same change keeps its key until there is a definite answer', async () => {
  expect(await keysFor(['25', offline], ['25', broken], ['25', running], ['25', busy], ['25'])).toEqual(
    Array.from({ length: 5 }, () => '1'),
  )
})
it('another content, and the change after an answer, have keys of their own', async () => {
  expect(await keysFor(['25', offline], ['30', offline], ['25'], ['25'])).toEqual(['1', '2', '1', '3'])
  expect(await keysFor(['25', refused], ['25'])).toEqual(['1', '2'])
})
