import { z } from 'zod'
import { CatchUpQuery, CodedError, Epoch, Seq, maySee, parseChannel, type ChannelName } from '@derm/contract'
import { fromPrisma, readEvents } from '@derm/publisher'
import type { Caller } from '../access/principal.ts'
import { defineRead } from '../http/read-route.ts'
import type { Route } from '../http/route.ts'
import { positionsRoute } from './positions.ts'

/** Any event's envelope: its payload is the catalogue's, see docs/protocol.md. */
const Envelope = z.looseObject({
  id: z.uuid(),
  type: z.string(),
  channel: z.string(),
  epoch: Epoch,
  seq: Seq,
  at: z.iso.datetime(),
})
const CatchUpPage = z.object({
  events: z.array(Envelope),
  epoch: Epoch,
  /** The channel's newest seq. */
  head: Seq,
  /** Whether the page stops before the head. */
  more: z.boolean(),
})

/** A channel of another tenant, one that does not exist and one that is not shown to the caller are the same to them. */
function requireChannel(caller: Caller, name: ChannelName): ChannelName {
  const channel = parseChannel(name)
  if (!channel || !maySee(caller, channel)) throw new CodedError('unknown_channel')
  return channel.name
}

export const eventRoutes: readonly Route[] = [
  defineRead(
    {
      method: 'get',
      path: '/events',
      tag: 'events',
      summary: 'Catch up: the events of a channel after a cursor, from Postgres',
      query: CatchUpQuery,
      answer: { status: 200, schema: CatchUpPage, description: 'A page of events, without a gap after the cursor.' },
      errors: ['unknown_channel', 'epoch_changed', 'history_trimmed'],
    },
    {
      shows: 'channels',
      feeds: ({ caller }, { query }) => [requireChannel(caller, query.channel)],
      loadShared: async (tx, { query }) => {
        const { events, head, more } = await readEvents(fromPrisma(tx), query)
        return { events, epoch: head.epoch, head: head.seq, more }
      },
      audit: ({ events }, { query: { channel } }) => {
        const { key = '', ...parts } = parseChannel(channel) ?? {}
        const locationId = 'locationId' in parts ? parts.locationId : undefined
        return {
          action: 'events.read',
          subjectType: 'channel',
          ...(locationId === undefined ? {} : { locationId }),
          details: { channel: key, count: events.length },
        }
      },
    },
  ),
  positionsRoute,
]
