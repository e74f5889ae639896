import { parseChannel, type Topic } from '@derm/contract'
import type { Clock, Timer } from '../clock.ts'

/** What a screen wants to hear of. Without a location: every location that is granted. */
export type TopicInterest = { topic: Topic; location?: string }

/** One interest and those who share it. `isAnswered`: an acknowledgement has said once which of its channels are granted. */
export type Subscription = {
  readonly interest: TopicInterest
  holders: number
  isAnswered: boolean
  linger?: Timer
}

export function isInterestedIn({ topic, location = '*' }: TopicInterest, channel: string): boolean {
  const parsed = parseChannel(channel)
  if (!parsed || parsed.topic !== topic) return false
  return location === '*' || parsed.kind !== 'location' || parsed.locationId === location
}

export const isSubscribedTo = (subscriptions: readonly Subscription[], channel: string) =>
  subscriptions.some(({ interest }) => isInterestedIn(interest, channel))

/** The topic interests of this window. Those who have the same interest share one subscription, which lingers when the last one has gone. */
export class SubscriptionRegistry {
  private readonly subscriptions = new Map<string, Subscription>()

  constructor(
    private readonly clock: Clock,
    private readonly lingerMs: number,
    private readonly on: { added(): void; dropped(interest: TopicInterest): void },
  ) {}

  all(): Subscription[] {
    return [...this.subscriptions.values()]
  }

  /** @returns what releases the interest. */
  retain(interest: TopicInterest): () => void {
    const key = `${interest.topic}|${interest.location ?? '*'}`
    const isNew = !this.subscriptions.has(key)
    const subscription: Subscription = this.subscriptions.get(key) ?? { interest, holders: 0, isAnswered: false }
    this.clock.clearTimeout(subscription.linger)
    subscription.holders++
    this.subscriptions.set(key, subscription)
    if (isNew) this.on.added()
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      if (--subscription.holders > 0) return
      subscription.linger = this.clock.setTimeout(() => this.drop(key, subscription), this.lingerMs)
    }
  }

  /** The user's session is over: nothing was answered yet, and no subscription lingers. */
  startOver(): void {
    for (const [key, subscription] of this.subscriptions) {
      this.clock.clearTimeout(subscription.linger)
      subscription.isAnswered = false
      if (subscription.holders === 0) this.subscriptions.delete(key)
    }
  }

  private drop(key: string, subscription: Subscription): void {
    if (this.subscriptions.get(key) !== subscription || subscription.holders > 0) return
    this.subscriptions.delete(key)
    this.on.dropped(subscription.interest)
  }
}
