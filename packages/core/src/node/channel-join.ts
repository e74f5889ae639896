import type { ChannelName, Position } from '@derm/contract'
import type { ChannelRegistry } from './channel-registry.ts'
import { JoinAttempt } from './join-attempt.ts'
import type { Finished, Prepared } from './join-recovery.ts'
import type { NodeChannel } from './node-channel.ts'
import type { ReadBudget } from './read-budget.ts'

export type JoinRequest = {
  channel: ChannelName
  cursor: Position | undefined
  /** Recover nothing but what costs nothing: the rest is a resync. */
  isOverBudget?: boolean
  /** Pays for each read of history that is made for this request; nobody does when it is left out. */
  reads?: ReadBudget
}
export type Joined = Finished & { channel: ChannelName }

/** Events may come faster than they can be read. After this many attempts a channel is answered with a resync. */
const MAX_ATTEMPTS = 5

type Step<Member> = { channel: NodeChannel<Member>; prepared: Prepared }

/**
 * Reads what each cursor lacks, until all channels are complete in one tick; in that tick it calls `admit`.
 * @throws when the event log cannot be reached, or this node is stopping.
 */
export async function joinChannels<Member, Answer>(
  registry: ChannelRegistry<Member>,
  requests: readonly JoinRequest[],
  isStopped: () => boolean,
  admit: (joined: Joined[]) => Answer,
): Promise<Answer> {
  const attempt = new JoinAttempt<Member>()
  const unfinished = new Map<ChannelName, number>()
  try {
    for (;;) {
      // Channels that have ended never finish: without this the loop would spin, and keep the process from ending.
      if (isStopped()) throw new Error('this node is stopping')
      const steps = await Promise.all(
        requests.map(async (request) => {
          const channel = await registry.open(request.channel, attempt)
          const isHopeless = (unfinished.get(request.channel) ?? 0) >= MAX_ATTEMPTS
          return { channel, prepared: await prepare(channel, request, isHopeless) }
        }),
      )
      const joined = finishAll(steps, (name) => unfinished.set(name, (unfinished.get(name) ?? 0) + 1))
      if (joined) return admit(joined)
    }
  } finally {
    attempt.end((channel) => registry.lingerIfEmpty(channel))
  }
}

async function prepare<Member>(
  channel: NodeChannel<Member>,
  request: JoinRequest,
  isHopeless: boolean,
): Promise<Prepared> {
  if (!isHopeless) return channel.prepare(request)
  return { ...(await channel.prepare({ cursor: undefined })), cursor: request.cursor, status: 'resync' }
}

/** `null` when one of them could not be finished. */
function finishAll<Member>(steps: readonly Step<Member>[], onUnfinished: (name: ChannelName) => void): Joined[] | null {
  const joined: Joined[] = []
  for (const { channel, prepared } of steps) {
    const finished = channel.finish(prepared)
    if (!finished) {
      onUnfinished(channel.name)
      return null
    }
    joined.push({ channel: channel.name, ...finished })
  }
  return joined
}
