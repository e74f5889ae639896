import type { DeniedChannel, EventEnvelope, SubscribeAck } from '@derm/contract'
import { envelopeOf } from '@derm/core'
import type { Joined } from '@derm/core/node'
import type { Member } from '../connection/member.ts'
import type { SubscribeContext } from './subscribe-context.ts'

type AnsweredChannel = (SubscribeAck & { ok: true })['channels'][number]

/** What a channel takes in an answer, besides its events. */
const CHANNEL_BYTES = 256

/**
 * An answer larger than the client's buffer has room for would end the client that asked for it, again and again: what does not fit is a
 * resync. `bytes` is about how large the answer is.
 */
export function toAnswer(
  joined: readonly Joined[],
  denied: readonly DeniedChannel[],
  member: Member,
  { nodeName, isAnsweringResync, maxAnswerBytes, roomFor, onTooLarge }: SubscribeContext,
): { ack: SubscribeAck; bytes: number } {
  const baseBytes = (joined.length + denied.length) * CHANNEL_BYTES
  const mostBytes = Math.min(maxAnswerBytes, roomFor(member) - baseBytes)
  let bytes = 0
  const channels = joined.map(({ channel, status, position, frames }): AnsweredChannel => {
    const size = frames.reduce((sum, frame) => sum + frame.length, 0)
    const isTooLarge = size > 0 && bytes + size > mostBytes
    if (isTooLarge) onTooLarge()
    if (isAnsweringResync || isTooLarge) return { channel, ...position, status: 'resync', events: [] }
    bytes += size
    return { channel, ...position, status, events: frames.map((frame) => envelopeOf(frame) as EventEnvelope) }
  })
  return { ack: { ok: true, node: nodeName, channels, denied: [...denied] }, bytes: baseBytes + bytes }
}
