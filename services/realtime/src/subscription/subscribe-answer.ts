import type { EventEnvelope, SubscribeAck } from '@derm/contract'
import { envelopeOf } from '@derm/core'
import type { Joined } from '@derm/core/node'
import type { SubscribeContext } from './subscribe-context.ts'

type AnsweredChannel = (SubscribeAck & { ok: true })['channels'][number]

/** An answer larger than a client's buffer may be would end the client that asked for it, again and again: what does not fit is a resync. */
export function toAnswers(
  joined: readonly Joined[],
  { isAnsweringResync, maxAnswerBytes, onTooLarge }: SubscribeContext,
): AnsweredChannel[] {
  let bytes = 0
  return joined.map(({ channel, status, position, frames }) => {
    const size = frames.reduce((sum, frame) => sum + frame.length, 0)
    const isTooLarge = bytes + size > maxAnswerBytes
    if (isTooLarge) onTooLarge()
    if (isAnsweringResync || isTooLarge) return { channel, ...position, status: 'resync' as const, events: [] }
    bytes += size
    return { channel, ...position, status, events: frames.map((frame) => envelopeOf(frame) as EventEnvelope) }
  })
}
