import type { z } from 'zod'
import { ChannelPosition } from './heads.ts'

/** Down: what the client has of the channel that is older than this position is stale. */
export const Resync = ChannelPosition
export type Resync = z.infer<typeof Resync>
