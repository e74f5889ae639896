import { QueryClient } from '@tanstack/react-query'
import { beforeEach, describe, expect, it } from 'vitest'
import { acceptAnswer, showOptimistically } from './optimistic.ts'

type Item = { id: string; version: number; startsAt: string; status: string }
const item = (id: string, more: Partial<Item> = {}): Item => ({
  id,
  version: 1,
  startsAt: '09:00',
  status: 'scheduled',
  ...more,
})
const key = ['appointments', 'north', '2026-11-23']

let queryClient: QueryClient
const list = () => queryClient.getQueryData<Item[]>(key)!
beforeEach(() => {
  queryClient = new QueryClient()
  queryClient.setQueryData(key, [item('a'), item('b')])
  queryClient.setQueryData(['appointments', 'south', '2026-11-23'], [item('z')])
})

describe('a change that is shown before the server has answered', () => {
  it('stands at once, and leaves the other items the objects they were', () => {
    const [, b] = list()
    showOptimistically<Item>(queryClient, ['appointments'], 'a', {
      startsAt: '10:00',
    })
    expect(list()[0]).toMatchObject({ startsAt: '10:00', version: 1 })
    expect(list()[1]).toBe(b)
    expect(queryClient.getQueryData(['appointments', 'south', '2026-11-23'])).toEqual([item('z')])
  })
  it('goes back when it is refused', () => {
    const shown = showOptimistically<Item>(queryClient, ['appointments'], 'a', {
      startsAt: '10:00',
    })
    shown.rollBack()
    expect(list()).toEqual([item('a'), item('b')])
  })
  it('goes back alone: what others changed in the meantime stays', () => {
    const shown = showOptimistically<Item>(queryClient, ['appointments'], 'a', {
      startsAt: '10:00',
    })
    queryClient.setQueryData<Item[]>(key, (before) =>
      before!.map((one) => (one.id === 'b' ? item('b', { version: 2, status: 'checked_in' }) : one)),
    )
    shown.rollBack()
    expect(list()).toEqual([item('a'), item('b', { version: 2, status: 'checked_in' })])
  })
  it('does not go back over a newer state that has arrived', () => {
    const shown = showOptimistically<Item>(queryClient, ['appointments'], 'a', {
      startsAt: '10:00',
    })
    const newer = item('a', { version: 2, startsAt: '11:00' })
    queryClient.setQueryData<Item[]>(key, (before) => before!.map((one) => (one.id === 'a' ? newer : one)))
    shown.rollBack()
    expect(list()[0]).toEqual(newer)
  })
  it('is replaced by the answer, but never by an older one than what is there', () => {
    showOptimistically<Item>(queryClient, ['appointments'], 'a', {
      startsAt: '10:00',
    })
    acceptAnswer(queryClient, ['appointments'], item('a', { version: 2, startsAt: '10:00' }))
    acceptAnswer(queryClient, ['appointments'], item('a', { version: 1 }))
    expect(list()[0]).toEqual(item('a', { version: 2, startsAt: '10:00' }))
  })
  it('goes back to what each list held, not to an older state that a form was opened on', () => {
    const current = item('a', { version: 5, status: 'checked_in' })
    queryClient.setQueryData<Item[]>(key, [current, item('b')])
    const shown = showOptimistically<Item>(queryClient, ['appointments'], 'a', { startsAt: '10:00' })
    expect(list()[0]).toEqual({ ...current, startsAt: '10:00' })
    shown.rollBack()
    expect(list()[0]).toEqual(current)
  })
  it('says of no list that it was read anew, and leaves those without the item alone: a failure of theirs still stands', async () => {
    const failing = ['appointments', 'south', '2026-11-23']
    const read = () =>
      queryClient
        .fetchQuery({ queryKey: failing, queryFn: () => Promise.reject(new Error('away')), retry: false })
        .catch(() => undefined)
    await read()
    queryClient.setQueryData(key, [item('a')], { updatedAt: 1000 })
    const shown = showOptimistically<Item>(queryClient, ['appointments'], 'a', { startsAt: '10:00' })
    acceptAnswer(queryClient, ['appointments'], item('a', { version: 2 }))
    shown.rollBack()
    expect(queryClient.getQueryState(key)).toMatchObject({ dataUpdatedAt: 1000 })
    expect(queryClient.getQueryState(failing)).toMatchObject({ status: 'error', error: expect.any(Error) })
  })
})
