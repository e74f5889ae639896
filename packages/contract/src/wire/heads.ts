import { z } from 'zod'
import { Epoch, Seq } from '../position.ts'

/** A channel and a position in it. */
export const ChannelPosition = z.object({ channel: z.string().max(200), epoch: Epoch, seq: Seq })
export type ChannelPosition = z.infer<typeof ChannelPosition>

/** Down: the positions that this node has delivered, in line with the events. */
export const Heads = z.object({ channels: z.array(ChannelPosition) })
export type Heads = z.infer<typeof Heads>
