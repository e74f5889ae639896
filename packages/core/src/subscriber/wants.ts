import { parseChannel, type Topic } from '@derm/contract'
import type { Clock, Timer } from '../clock.ts'

export type Want = { topic: Topic; location?: string }

/** `isAnswered`: what its user may see of it was told once. */
export type Held = { want: Want; count: number; isAnswered: boolean; linger?: Timer }

/** Whether it asks for this channel. Without a location it asks for all that are granted. */
export function covers({ topic, location = '*' }: Want, channel: string): boolean {
  const parsed = parseChannel(channel)
  if (!parsed || parsed.topic !== topic) return false
  return location === '*' || parsed.kind !== 'location' || parsed.locationId === location
}

export const isCovered = (channel: string, wants: readonly Held[]) => wants.some(({ want }) => covers(want, channel))

/** What somebody on this screen wants to hear of: shared by all who want the same, and kept for a while when the last one has gone. */
export class Wants {
  private readonly held = new Map<string, Held>()

  constructor(
    private readonly clock: Clock,
    private readonly lingerMs: number,
    private readonly on: { added(): void; dropped(want: Want): void },
  ) {}

  all(): Held[] {
    return [...this.held.values()]
  }

  /** @returns what ends it. */
  retain(want: Want): () => void {
    const key = `${want.topic}|${want.location ?? '*'}`
    const isNew = !this.held.has(key)
    const held: Held = this.held.get(key) ?? { want, count: 0, isAnswered: false }
    this.clock.clearTimeout(held.linger)
    held.count++
    this.held.set(key, held)
    if (isNew) this.on.added()
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      if (--held.count > 0) return
      held.linger = this.clock.setTimeout(() => this.drop(key, held), this.lingerMs)
    }
  }

  /** The user's session is over: nothing was answered yet, and nobody lingers. */
  startOver(): void {
    for (const [key, held] of this.held) {
      this.clock.clearTimeout(held.linger)
      held.isAnswered = false
      if (held.count === 0) this.held.delete(key)
    }
  }

  private drop(key: string, held: Held): void {
    if (this.held.get(key) !== held || held.count > 0) return
    this.held.delete(key)
    this.on.dropped(held.want)
  }
}
