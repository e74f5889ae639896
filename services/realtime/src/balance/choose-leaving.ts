import type { UserId } from '@derm/contract'

/** More sockets of one user than that on a node are what that user's own tabs cost. */
const MANY = 8

/**
 * Those who have been here for longest, so that nobody goes to and fro. Before them the sockets of a user beyond the eighth, the newest first: who
 * fills a node with sockets must not make others leave it. [SES38]
 * @param members in the order in which they came
 */
export function chooseLeaving<M extends { userId: UserId }>(members: readonly M[], count: number): M[] {
  const counts = new Map<UserId, number>()
  const beyond: M[] = []
  const within: M[] = []
  for (const member of members) {
    const number = (counts.get(member.userId) ?? 0) + 1
    counts.set(member.userId, number)
    const group = number > MANY ? beyond : within
    group.push(member)
  }
  return [...beyond.toReversed(), ...within].slice(0, count)
}
