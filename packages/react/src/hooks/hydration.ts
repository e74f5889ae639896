import { SUBJECTS, definitionOf, formatPositions, toChannelKey, type EventEnvelope } from '@derm/contract'
import type { Realtime } from '../create-realtime.ts'

/** One request per entity at a time; who asks meanwhile gets the next answer, which is as new as they need. */
export function createHydration(realtime: Pick<Realtime, 'fetch'>): (event: EventEnvelope) => Promise<unknown> {
  const reads = new Map<string, Promise<unknown>>()
  const waiting = new Map<string, Promise<unknown>>()
  /** The newest event of each: no answer from before it will do. */
  const newest = new Map<string, EventEnvelope>()
  const read = async (path: string) => {
    const { channel, epoch, seq } = newest.get(path)!
    const headers = {
      accept: 'application/json',
      'min-as-of': formatPositions({ [toChannelKey(channel)]: { epoch, seq } }),
    }
    const response = await realtime.fetch(path, { headers })
    return response.ok ? ((await response.json()) as unknown) : null
  }
  return (event) => {
    const path = `/api/v1${SUBJECTS[definitionOf(event.type).subject].path}/${event.subject.id}`
    newest.set(path, event)
    const fetchNow = () => {
      waiting.delete(path)
      const reading = read(path)
        .catch(() => null)
        .finally(() => {
          if (reads.get(path) !== reading) return
          reads.delete(path)
          if (!waiting.has(path)) newest.delete(path)
        })
      reads.set(path, reading)
      return reading
    }
    const reading = reads.get(path)
    if (!reading) return fetchNow()
    const next = waiting.get(path) ?? reading.then(fetchNow)
    waiting.set(path, next)
    return next
  }
}
