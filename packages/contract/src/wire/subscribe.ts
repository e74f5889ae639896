import { z } from 'zod'
import { ChannelName, Topic } from '../channel.ts'
import type { EventEnvelope } from '../envelope.ts'
import { LocationId } from '../ids.ts'
import { Epoch, Position, Seq } from '../position.ts'
import { RefusedAck } from './plain-ack.ts'

/** `'*'`: every location that the user's grants cover, now and later. */
export const ChannelRequest = z.strictObject({
  topic: Topic,
  location: z.union([LocationId, z.literal('*')]).optional(),
  cursors: z.record(ChannelName, Position).optional(),
})
export type ChannelRequest = z.infer<typeof ChannelRequest>

/** Up: `socket.emit('subscribe', request, ack)`. */
export const SubscribeRequest = z.strictObject({ channels: z.array(ChannelRequest).min(1).max(100) })
export type SubscribeRequest = z.infer<typeof SubscribeRequest>

/**
 * - `live`: no cursor was sent; the client starts at (epoch, seq).
 * - `recovered`: `events` run without a gap from the cursor + 1 to `seq`.
 * - `resync`: the client cannot catch up; what it has of the channel that is older than (epoch, seq) is stale.
 */
export const SubscribedChannel = z.object({
  channel: z.string().max(200),
  epoch: Epoch,
  seq: Seq,
  status: z.enum(['live', 'recovered', 'resync']),
  /** Each is an event message. One that cannot be read leaves a gap, which makes the recovery a resync. */
  events: z.array(z.custom<EventEnvelope>()),
})
export type SubscribedChannel = z.infer<typeof SubscribedChannel>

export const DeniedChannel = z.object({
  topic: z.string().max(40),
  location: z.string().max(40).optional(),
  code: z.string().max(60),
})
export type DeniedChannel = z.infer<typeof DeniedChannel>

/** Down: the answer. */
export const SubscribeAck = z.union([
  z.object({
    ok: z.literal(true),
    node: z.string().max(200),
    channels: z.array(SubscribedChannel),
    denied: z.array(DeniedChannel),
  }),
  RefusedAck,
])
export type SubscribeAck = z.infer<typeof SubscribeAck>
