import { z } from 'zod'
import { ChannelName } from '../channel.ts'

/** Up: `socket.emit('unsubscribe', { channels: [name, …] }, ack)`. */
export const UnsubscribeRequest = z.strictObject({ channels: z.array(ChannelName).min(1).max(500) })
export type UnsubscribeRequest = z.infer<typeof UnsubscribeRequest>
