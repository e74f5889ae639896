import type { ChannelName } from '@derm/contract'

/** An event as it stands in the outbox. */
export type OutboxRow = {
  channel: ChannelName
  epoch: string
  seq: number
  id: string
  type: string
  /** Milliseconds since 1970 at the flush. */
  at: number
  /** The envelope's other fields as JSON object text: everything but id, type, channel, epoch, seq and at. */
  body: string
}
