import { FakeApi, createTestRealtime } from '@derm/react/testing'
import { live } from '@derm/react'
import { QueryClient, QueryObserver } from '@tanstack/react-query'
import type { Table } from '../table.ts'
import { pause } from './delivery-cost.ts'

const EVENTS = 50
const QUERIES = 20

/** Requests that a client sends for 50 events in 150 ms while 20 queries are shown, and whether the view is right at the end. */
export async function compareRequestsPerEvent(): Promise<Table> {
  const rows = [
    ['`invalidateQueries` for each event', ...(await run(false))],
    ['DermLive', ...(await run(true))],
  ]
  return {
    title: `Requests for ${EVENTS} events on ${QUERIES} mounted queries`,
    columns: ['', 'requests', 'per event', 'right at the end'],
    rows,
    note: 'The real TanStack Query, an API of 100 ms in the same process.',
  }
}

async function run(isOurs: boolean): Promise<string[]> {
  const api = new FakeApi()
  const realFetch = globalThis.fetch
  globalThis.fetch = api.fetch as typeof fetch
  const client = new QueryClient()
  const realtime = createTestRealtime({ queryClient: client })
  const undo = [realtime.start(), realtime.retain({ topic: 'scheduling' })]
  const plain = async () => (await fetch('http://localhost/appointments')).json() as Promise<unknown>
  const queryFn = isOurs
    ? live(({ fetch: liveFetch }) => liveFetch('/appointments').then((response) => response.json() as Promise<unknown>))
    : plain
  const observers = Array.from(
    { length: QUERIES },
    (_, i) => new QueryObserver(client, { queryKey: isOurs ? ['appointments', i] : ['plain', i], queryFn }),
  )
  for (const observer of observers) undo.push(observer.subscribe(() => {}))
  await pause(500)
  const before = api.count()
  for (let i = 0; i < EVENTS; i++) {
    const { epoch, seq } = realtime.emit('appointment:updated', { data: {} as never })
    api.position = { epoch, seq }
    if (!isOurs) void client.invalidateQueries({ queryKey: ['plain'] })
    await pause(3)
  }
  await pause(3000)
  const isRight = observers.every((observer) => (observer.getCurrentResult().data as { seen: number }).seen === EVENTS)
  const requests = api.count() - before
  for (const step of undo) step()
  client.clear()
  globalThis.fetch = realFetch
  return [String(requests), (requests / EVENTS).toFixed(1), isRight ? 'yes' : 'no']
}
