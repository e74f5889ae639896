import { z } from 'zod'
import { ChannelName } from '../channel.ts'
import { Epoch, Seq } from '../position.ts'

/** `GET /events`: a channel's events after a cursor. */
export const CatchUpQuery = z.strictObject({
  channel: ChannelName,
  epoch: Epoch,
  after: z.coerce.number().pipe(Seq),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
})
