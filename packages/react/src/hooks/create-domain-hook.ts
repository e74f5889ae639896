import {
  definitionOf,
  formatPositions,
  toChannelKey,
  type EventEnvelope,
  type EventOf,
  type EventType,
  type EventTypeOfTopic,
  type PascalCase,
  type Topic,
} from '@derm/contract'
import { useEffect, useRef } from 'react'
import type { Realtime } from '../create-realtime.ts'
import { useRealtime } from '../realtime-provider.tsx'

/** The thin record: the entity's id and version, and what the event says of it. */
export type EventRecord<Type extends EventType> = { id: string; version: number } & EventEnvelope<Type>['data']

/** `appointment:checkedin` → `onAppointmentCheckedin`, `waitlist:slot_offered` → `onWaitlistSlotOffered`. */
export type CallbackName<Type extends string> = Type extends `${infer Subject}:${infer Verb}`
  ? `on${Capitalize<Subject>}${PascalCase<Verb>}`
  : never

export type DomainCallbacks<Types extends EventType> = {
  [Type in Types as CallbackName<Type>]?: (record: EventRecord<Type>, event: EventEnvelope<Type>) => void
}

export type DomainOptions = {
  /** Tell of others' changes. */
  showToasts?: boolean
  enabled?: boolean
  /** Only what belongs to these. `location` also keeps the subscription to that location. */
  filter?: { location?: string; patient?: string; provider?: string }
  /** Callbacks get the whole entity, read from the API with the user's rights; one request for a burst about the same entity. */
  hydrate?: boolean
}

/** A topic without events yet has no callbacks. */
type TypesOf<T extends Topic> = EventTypeOfTopic<T & EventOf<EventType>['topic']>

const PATH: Record<string, string> = {
  appointment: '/api/v1/appointments',
  patient: '/api/v1/patients',
  waitlist_entry: '/api/v1/waitlist',
}

/**
 * Makes the hook of a topic: it subscribes the topic while it is mounted, and calls back for each of its events. Queries are kept new without
 * any callback.
 */
export function createDomainHook<T extends Topic>(topic: T) {
  type Options = DomainOptions & DomainCallbacks<TypesOf<T>>

  return function useDomainUpdates(options: Options = {}): void {
    const realtime = useRealtime()
    const latest = useRef(options)
    // The newest callbacks, without a new subscription for each render.
    useEffect(() => {
      latest.current = options
    })
    const { enabled = true } = options
    const location = options.filter?.location
    useEffect(() => {
      if (!enabled) return
      const release = realtime.retain({ topic, ...(location === undefined ? {} : { location }) })
      const hydrate = createHydration(realtime)
      const stop = realtime.onEvent((event, isOwn) => {
        const definition = definitionOf(event.type)
        const now = latest.current
        if (definition.topic !== topic || !passes(event, now.filter)) return
        if (now.showToasts && !isOwn) realtime.toast(event)
        const name = callbackName(event.type)
        const callback = () =>
          (latest.current as Record<string, unknown>)[name] as
            ((record: unknown, event: EventEnvelope) => void) | undefined
        if (!callback()) return
        const record = { id: event.subject.id, version: event.subject.version, ...event.data }
        if (!now.hydrate) return callback()?.(record, event)
        void hydrate(event).then((entity) => entity && callback()?.(entity, event))
      })
      return () => {
        stop()
        release()
      }
    }, [realtime, enabled, location])
  }
}

function callbackName(type: string): string {
  return `on${type.replace(/(?:^|[:_])(\w)/g, (_, letter: string) => letter.toUpperCase())}`
}

function passes(event: EventEnvelope, filter: DomainOptions['filter']): boolean {
  if (!filter) return true
  const data = event.data as { patientId?: string; providerId?: string | null }
  const patient = event.subject.type === 'patient' ? event.subject.id : data.patientId
  return (
    (filter.location === undefined || event.locationId === undefined || event.locationId === filter.location) &&
    (filter.patient === undefined || patient === filter.patient) &&
    (filter.provider === undefined || data.providerId === filter.provider)
  )
}

/** One request per entity at a time; who asks meanwhile gets the next answer, which is as new as they need. */
function createHydration(realtime: Realtime): (event: EventEnvelope) => Promise<unknown> {
  const flights = new Map<string, Promise<unknown>>()
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
    const path = `${PATH[event.subject.type]}/${event.subject.id}`
    newest.set(path, event)
    const fetchNow = () => {
      waiting.delete(path)
      const flight = read(path)
        .catch(() => null)
        .finally(() => {
          if (flights.get(path) !== flight) return
          flights.delete(path)
          if (!waiting.has(path)) newest.delete(path)
        })
      flights.set(path, flight)
      return flight
    }
    const flight = flights.get(path)
    if (!flight) return fetchNow()
    const next = waiting.get(path) ?? flight.then(fetchNow)
    waiting.set(path, next)
    return next
  }
}
