import type { EventEnvelope, SubscribeAck } from '@derm/contract'
import { envelopeOf } from '@derm/core'
import type { Joined } from '@derm/core/node'
import type { Member } from '../connection/member.ts'
import type { SubscribeContext } from './subscribe-context.ts'

/** What an answer holds besides events. */
const ROOM_FOR_THE_REST = 131_072

type AnsweredChannel = (SubscribeAck & { ok: true })['channels'][number]

/** An answer larger than the client's buffer has room for would end the client that asked for it, again and again: what does not fit is a resync. */
export function toAnswers(
  joined: readonly Joined[],
  member: Member,
  { isAnsweringResync, maxAnswerBytes, roomFor, onTooLarge }: SubscribeContext,
): AnsweredChannel[] {
  const mostBytes = Math.min(maxAnswerBytes, roomFor(member) - ROOM_FOR_THE_REST)
  let bytes = 0
  return joined.map(({ channel, status, position, frames }) => {
    const size = frames.reduce((sum, frame) => sum + frame.length, 0)
    const isTooLarge = size > 0 && bytes + size > mostBytes
    if (isTooLarge) onTooLarge()
    if (isAnsweringResync || isTooLarge) return { channel, ...position, status: 'resync' as const, events: [] }
    bytes += size
    return { channel, ...position, status, events: frames.map((frame) => envelopeOf(frame) as EventEnvelope) }
  })
}
