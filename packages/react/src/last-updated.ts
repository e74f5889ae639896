import { createListeners, type Clock, type Listeners } from '@derm/core'
import { SUBJECTS, definitionOf, type EventEnvelope, type Resource } from '@derm/contract'

/**
 * When somebody changed an entity. `isOwn`: this window did. `at`: milliseconds since 1970, this client's clock. `count`: how many changes of it
 * were heard of. `isRecent`: for 2.4 s, which is how long it glows.
 */
export type LastUpdate = { at: number; isOwn: boolean; eventId: string; count: number; isRecent: boolean }

const KEPT = 2000
/** The length of the animation in `styles.css`. */
const GLOW_MS = 2400

/** The last change of each entity that an event spoke of: what `UpdateHighlight` glows by. */
export class LastUpdates {
  private readonly updates = new Map<string, LastUpdate>()
  private readonly listeners = new Map<string, Listeners<[]>>()
  private readonly fading = new Map<string, ReturnType<Clock['setTimeout']>>()

  constructor(
    private readonly clock: Clock,
    private readonly onListenerError: (error: unknown) => void,
  ) {}

  note(event: EventEnvelope, isOwn: boolean): void {
    const { resource } = SUBJECTS[definitionOf(event.type).subject]
    const key = `${resource}/${event.subject.id}`
    const count = (this.updates.get(key)?.count ?? 0) + 1
    this.updates.delete(key)
    this.updates.set(key, { at: this.clock.now(), isOwn, eventId: event.id, count, isRecent: true })
    if (this.updates.size > KEPT) this.forget(this.updates.keys().next().value!)
    this.clock.clearTimeout(this.fading.get(key))
    this.fading.set(
      key,
      this.clock.setTimeout(() => this.fade(key), GLOW_MS),
    )
    this.listeners.get(key)?.tell()
  }

  /** Who shows the entity anew later does not show an old change as if it were made then. */
  private fade(key: string): void {
    this.fading.delete(key)
    const update = this.updates.get(key)
    if (!update) return
    this.updates.set(key, { ...update, isRecent: false })
    this.listeners.get(key)?.tell()
  }

  private forget(key: string): void {
    this.updates.delete(key)
    this.clock.clearTimeout(this.fading.get(key))
    this.fading.delete(key)
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
    for (const key of [...this.updates.keys()]) this.forget(key)
  }
}
