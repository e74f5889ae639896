import { MantineProvider } from '@mantine/core'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { ApiError } from '../http/api-error.ts'
import { joinQueries, type QueryState } from './query-state.ts'
import { QueryView } from './query-view.tsx'

const BASE: QueryState<string[]> = {
  data: undefined,
  error: null,
  isFetching: false,
  isPaused: false,
  dataUpdatedAt: Date.parse('2026-03-02T15:04:00'),
  refetch: () => Promise.resolve(),
}
const ERROR = new ApiError('unavailable', 503)

function show(state: Partial<QueryState<string[]>>): string {
  return renderToStaticMarkup(
    <MantineProvider>
      <QueryView
        query={{ ...BASE, ...state }}
        what="The list"
        isEmpty={(items) => items.length === 0}
        empty={<p>Nothing here</p>}
      >
        {(items) => <p>{items.join()}</p>}
      </QueryView>
    </MantineProvider>,
  )
}
const has = (markup: string, testId: string) => markup.includes(`data-testid="${testId}"`)

describe('a query view', () => {
  it('shows a skeleton before there is anything', () => {
    const markup = show({ isFetching: true })
    expect(has(markup, 'loading')).toBe(true)
    expect(markup).toContain('aria-busy="true"')
  })
  it('says that it waits for the network', () => {
    expect(has(show({ isPaused: true }), 'load-paused')).toBe(true)
  })
  it('shows the error in words, and a way to try again', () => {
    const markup = show({ error: ERROR })
    expect(markup).toContain('The list could not be loaded')
    expect(markup).toContain('The server has a problem')
    expect(has(markup, 'retry')).toBe(true)
  })
  it('tells nothing from not yet', () => {
    expect(show({ data: [] })).toContain('Nothing here')
    expect(show({})).not.toContain('Nothing here')
  })
  it('keeps what it has when reading it again has failed, and says how old that is', () => {
    const markup = show({ data: ['a', 'b'], error: ERROR })
    expect(markup).toContain('a,b')
    expect(has(markup, 'load-stale')).toBe(true)
    expect(markup).toContain('3:04 PM')
    expect(has(markup, 'retry')).toBe(true)
    expect(has(show({ data: ['a', 'b'] }), 'load-stale')).toBe(false)
  })
})

describe('two queries as one', () => {
  const loaded = { ...BASE, data: ['a'], dataUpdatedAt: 2 }
  it('are there when both are, and as old as the older one', () => {
    expect(joinQueries(loaded, BASE).data).toBeUndefined()
    expect(joinQueries(loaded, { ...loaded, data: ['b'], dataUpdatedAt: 1 })).toMatchObject({
      data: [['a'], ['b']],
      dataUpdatedAt: 1,
    })
  })
  it('have failed when either has', () => {
    expect(joinQueries(loaded, { ...BASE, error: ERROR }).error).toBe(ERROR)
  })
  it('are as old as the one that could not be read again', () => {
    const failed = { ...loaded, error: ERROR, dataUpdatedAt: 9 }
    expect(joinQueries(loaded, failed).dataUpdatedAt).toBe(9)
    expect(joinQueries(failed, loaded).dataUpdatedAt).toBe(9)
    expect(joinQueries(failed, { ...failed, dataUpdatedAt: 7 }).dataUpdatedAt).toBe(7)
  })
})
