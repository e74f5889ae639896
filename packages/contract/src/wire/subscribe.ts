import { z } from 'zod'
import { ChannelName, Topic } from '../channel.ts'
import type { EventEnvelope } from '../envelope.ts'
import type { ErrorCode } from '../errors.ts'
import { LocationId } from '../ids.ts'
import { Position } from '../position.ts'

/** `socket.emit('subscribe', request, ack)`. `'*'`: every location that the user's grants cover, now and later. */
export const ChannelRequest = z.strictObject({
  topic: Topic,
  location: z.union([LocationId, z.literal('*')]).optional(),
  cursors: z.record(ChannelName, Position).optional(),
})
export type ChannelRequest = z.infer<typeof ChannelRequest>

export const SubscribeRequest = z.strictObject({ channels: z.array(ChannelRequest).min(1).max(100) })
export type SubscribeRequest = z.infer<typeof SubscribeRequest>

/**
 * - `live`: no cursor was sent; the client starts at (epoch, seq).
 * - `recovered`: `events` run without a hole from the cursor + 1 to `seq`.
 * - `resync`: the client cannot catch up; what it holds of the channel that is older than (epoch, seq) is stale.
 */
export type SubscribedChannel = {
  channel: string
  epoch: string
  seq: number
  status: 'live' | 'recovered' | 'resync'
  events: EventEnvelope[]
}
export type DeniedChannel = { topic: string; location?: string; code: ErrorCode }
export type SubscribeAck =
  | { ok: true; node: string; channels: SubscribedChannel[]; denied: DeniedChannel[] }
  | { ok: false; code: ErrorCode; message: string }

/** `socket.emit('unsubscribe', { channels: [name, …] }, ack)`. */
export const UnsubscribeRequest = z.strictObject({ channels: z.array(ChannelName).min(1).max(500) })
export type UnsubscribeRequest = z.infer<typeof UnsubscribeRequest>
export type PlainAck = { ok: true } | { ok: false; code: ErrorCode; message: string }
