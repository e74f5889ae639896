import {
  definitionOf,
  type DeniedChannel,
  type EventEnvelope,
  type EventOf,
  type EventType,
  type EventTypeOfTopic,
  type PascalCase,
  type Topic,
} from '@derm/contract'
import { useEffect, useRef } from 'react'
import { useDenied } from './use-denied.ts'
import { useRealtime } from '../realtime-provider.tsx'
import { createHydration } from './hydration.ts'

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
  /** Only what belongs to these. `location` also narrows the subscription to topics of locations; events of the tenant and of the user pass. */
  filter?: { location?: string; patient?: string; provider?: string }
  /** Callbacks get the whole entity, read from the API with the user's rights; one request for a burst about the same entity. */
  hydrate?: boolean
}

/** `denied`: what the hook does not hear of, and why. `unknown_channel`: the user may not see it; other codes: a limit leaves it out. */
export type DomainUpdates = { denied: readonly DeniedChannel[] }

/** A topic without events yet has no callbacks. */
type TypesOf<T extends Topic> = EventTypeOfTopic<T & EventOf<EventType>['topic']>

/** What belongs together on a screen. Its events may travel in several topics, of which a user may see some. */
export type Domain<T extends Topic> = { topics: readonly [T, ...T[]] }

/**
 * Makes the hook of a domain: it subscribes the domain's topics while it is mounted, and calls back for each of their events. Queries are
 * kept new without any callback.
 */
export function createDomainHook<const T extends Topic>({ topics }: Domain<T>) {
  type Options = DomainOptions & DomainCallbacks<TypesOf<T>>

  return function useDomainUpdates(options: Options = {}): DomainUpdates {
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
      const releases = topics.map((topic) =>
        realtime.retain({ topic, ...(location === undefined ? {} : { location }) }),
      )
      const hydrate = createHydration(realtime)
      const stop = realtime.onEvent((event, isOwn) => {
        const { topic } = definitionOf(event.type)
        const now = latest.current
        if (!(topics as readonly Topic[]).includes(topic) || !passes(event, now.filter)) return
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
        for (const release of releases) release()
      }
    }, [realtime, enabled, location])
    return { denied: useDenied(enabled ? topics : NO_TOPICS, location) }
  }
}

const NO_TOPICS: readonly Topic[] = []

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
