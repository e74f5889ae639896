import { TOPIC_SCOPE, parseChannel, type DeniedChannel, type Topic } from '@derm/contract'
import type { Clock, Timer } from '../clock.ts'

/** What a screen wants to hear of. Without a location: every location that is granted. */
export type TopicInterest = { topic: Topic; location?: string }

/**
 * One interest and those who share it. `isAnswered`: an acknowledgement has said once which of its channels are granted. `denied`: what of
 * it the newest answer did not serve, and why.
 */
export type SharedInterest = {
  readonly interest: TopicInterest
  holders: number
  isAnswered: boolean
  denied: readonly DeniedChannel[]
  linger?: Timer
}

/** A tenant's or a user's topic has no location: asked for with one, it would be denied. `*` is no location. [SUB14] */
function withoutNeedlessLocation(interest: TopicInterest): TopicInterest {
  const isNeeded = TOPIC_SCOPE[interest.topic] === 'location' && interest.location !== '*'
  return isNeeded ? interest : { topic: interest.topic }
}

export const interestKey = ({ topic, location }: TopicInterest) => `${topic}|${location ?? '*'}`

const NONE: readonly DeniedChannel[] = []

export function isInterestedIn({ topic, location = '*' }: TopicInterest, channel: string): boolean {
  const parsed = parseChannel(channel)
  if (!parsed || parsed.topic !== topic) return false
  return location === '*' || parsed.kind !== 'location' || parsed.locationId === location
}

export const isWanted = (shared: readonly SharedInterest[], channel: string) =>
  shared.some(({ interest }) => isInterestedIn(interest, channel))

/**
 * Whether a denial leaves out a part of an interest, or all of it. Without a location, or with `*`, it is of all locations. An interest in all
 * means those that are granted: of one location it lacks what a limit leaves out, and nothing where another interest named a place that the
 * user may not see. [SUB29]
 */
export function isDeniedBy({ topic, location }: TopicInterest, denied: DeniedChannel): boolean {
  if (denied.topic !== topic) return false
  if (TOPIC_SCOPE[topic] !== 'location' || isOfAll(denied)) return true
  return location === undefined ? denied.code !== 'unknown_channel' : denied.location === location
}

export const isOfAll = ({ location }: Pick<DeniedChannel, 'location'>) => location === undefined || location === '*'

/** The topic interests of this window. Those who have the same interest share it, and it lingers when the last one has gone. */
export class InterestRegistry {
  private readonly shared = new Map<string, SharedInterest>()

  constructor(
    private readonly clock: Clock,
    private readonly lingerMs: number,
    private readonly on: { added(): void; dropped(interest: TopicInterest): void },
  ) {}

  all(): SharedInterest[] {
    return [...this.shared.values()]
  }

  /** @returns what releases the interest. */
  retain(wanted: TopicInterest): () => void {
    const interest = withoutNeedlessLocation(wanted)
    const key = interestKey(interest)
    const isNew = !this.shared.has(key)
    const one: SharedInterest = this.shared.get(key) ?? { interest, holders: 0, isAnswered: false, denied: [] }
    this.clock.clearTimeout(one.linger)
    one.holders++
    this.shared.set(key, one)
    if (isNew) this.on.added()
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      if (--one.holders > 0) return
      one.linger = this.clock.setTimeout(() => this.drop(key, one), this.lingerMs)
    }
  }

  /** What of the interest is not served. */
  deniedOf(wanted: TopicInterest): readonly DeniedChannel[] {
    return this.shared.get(interestKey(withoutNeedlessLocation(wanted)))?.denied ?? NONE
  }

  /** Whether a node has answered a request that holds all of the interest, and has denied no part of it. */
  isGranted(wanted: TopicInterest): boolean {
    const interest = withoutNeedlessLocation(wanted)
    // What was answered of itself is known better than what was answered of all.
    const answer = [interest, { topic: interest.topic }]
      .map((one) => this.shared.get(interestKey(one)))
      .find((one) => one?.isAnswered)
    return answer !== undefined && !answer.denied.some((denied) => isDeniedBy(interest, denied))
  }

  /** The user's session is over: nothing was answered yet, and none lingers. */
  startOver(): void {
    for (const [key, one] of this.shared) {
      this.clock.clearTimeout(one.linger)
      one.isAnswered = false
      one.denied = []
      if (one.holders === 0) this.shared.delete(key)
    }
  }

  private drop(key: string, one: SharedInterest): void {
    if (this.shared.get(key) !== one || one.holders > 0) return
    this.shared.delete(key)
    this.on.dropped(one.interest)
  }
}
