import { silentLogger } from '@derm/core'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Member } from './member.ts'
import type { Members } from './members.ts'
import { startKeyWatch } from './key-watch.ts'

const member = (kid: string) => ({ kid }) as Member
let published: Set<string>
let isAway: boolean
let known: Set<string>
let closed: [Member, string][]
const [old, fresh] = [member('old'), member('fresh')] as const
let stop: () => void

beforeEach(() => {
  vi.useFakeTimers()
  published = new Set(['old', 'fresh'])
  known = new Set()
  isAway = false
  closed = []
  stop = startKeyWatch({
    keys: {
      load: async () => {
        if (isAway) throw new Error('away')
        known = new Set(published)
      },
      has: (kid) => known.has(kid),
    },
    members: {
      all: () => [old, fresh].filter((one) => !closed.some(([ended]) => ended === one)),
      close: (one: Member, code: string) => void closed.push([one, code]),
    } as unknown as Members,
    logger: silentLogger,
  })
})
afterEach(() => {
  stop()
  vi.useRealTimers()
})

it('[OPS2] ends the sockets of a key that was withdrawn, within 30 s, and no others', async () => {
  await vi.advanceTimersByTimeAsync(60_000)
  expect(closed).toEqual([])
  published.delete('old')
  await vi.advanceTimersByTimeAsync(30_000)
  expect(closed).toEqual([[old, 'token_invalid']])
})

it('[OPS2] a key set that cannot be read ends nobody', async () => {
  await vi.advanceTimersByTimeAsync(10_000)
  isAway = true
  published.clear()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(closed).toEqual([])
})
