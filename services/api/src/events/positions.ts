import {
  PositionsPage,
  PositionsQuery,
  maySee,
  parseAskedChannel,
  parseChannel,
  type ChannelName,
} from '@derm/contract'
import { fromPrisma, readPositions } from '@derm/publisher'
import type { Caller } from '../access/principal.ts'
import { defineRead } from '../http/read-route.ts'

/** Those of the asked channels that the caller may see, in one order: equal questions have equal answers, and so equal tags. */
function visibleChannels(caller: Caller, { channel }: PositionsQuery): ChannelName[] {
  const names = channel.map((asked) => parseAskedChannel(caller.tenantId, asked))
  const visible = names.filter((name) => name !== null && maySee(caller, parseChannel(name)!)) as ChannelName[]
  return [...new Set(visible)].sort()
}

/** The second way to freshness: what a client whose socket is away asks for every few seconds. [INV25] */
export const positionsRoute = defineRead(
  {
    method: 'get',
    path: '/positions',
    tag: 'events',
    summary: 'The positions of channels: what has changed, for a client without a socket',
    query: PositionsQuery,
    answer: {
      status: 200,
      schema: PositionsPage,
      description: 'The positions of those channels that the caller may see, also as `As-Of`.',
    },
  },
  {
    shows: 'channels',
    feeds: ({ caller }, { query }) => visibleChannels(caller, query),
    load: async ({ tx, caller }, { query }) => {
      const positions = await readPositions(fromPrisma(tx), visibleChannels(caller, query))
      return { channels: [...positions].map(([channel, position]) => ({ channel, ...position })) }
    },
    audit: { notAudited: 'positions hold nothing about a person' },
  },
)
