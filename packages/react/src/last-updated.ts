import { createListeners, type Listeners } from '@derm/core'
import { SUBJECTS, definitionOf, type EventEnvelope, type Resource } from '@derm/contract'

/** When somebody changed an entity. `isOwn`: this window did. `at`: milliseconds since 1970, this client's clock. */
export type LastUpdate = { at: number; isOwn: boolean; eventId: string }

const KEPT = 2000

/** The last change of each entity that an event spoke of: what `UpdateHighlight` glows by. */
export class LastUpdates {
  private readonly updates = new Map<string, LastUpdate>()
  private readonly listeners = new Map<string, Listeners<[]>>()

  constructor(private readonly onListenerError: (error: unknown) => void) {}

  note(event: EventEnvelope, isOwn: boolean, now: number): void {
    const { resource } = SUBJECTS[definitionOf(event.type).subject]
    const key = `${resource}/${event.subject.id}`
    this.updates.delete(key)
    this.updates.set(key, { at: now, isOwn, eventId: event.id })
    if (this.updates.size > KEPT) this.updates.delete(this.updates.keys().next().value!)
    this.listeners.get(key)?.tell()
  }

  get(resource: Resource, id: string): LastUpdate | undefined {
    return this.updates.get(`${resource}/${id}`)
  }

  subscribe(resource: Resource, id: string, listener: () => void): () => void {
    const key = `${resource}/${id}`
    const listeners = this.listeners.get(key) ?? createListeners<[]>(this.onListenerError)
    this.listeners.set(key, listeners)
    const stop = listeners.listen(listener)
    return () => {
      stop()
      if (listeners.size === 0) this.listeners.delete(key)
    }
  }

  clear(): void {
    this.updates.clear()
  }
}
