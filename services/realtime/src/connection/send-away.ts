import { delay, systemClock } from '@derm/core'
import type { Member } from './member.ts'
import type { Members } from './members.ts'

/** A client that knows its moment goes by itself. One that does not is closed so much later, in milliseconds. */
const MARGIN_MS = 1_000

export type Pace = {
  /** This node's name, which the clients are asked to avoid. */
  node: string
  perSecond: number
  /** They go faster than that where else it would take longer. */
  withinMs: number
}

/**
 * Asks clients to reconnect elsewhere. Each is told its moment now, and has events until then. The moments are evenly spaced, with jitter, so that
 * those who take the clients over get them at that pace too. Resolves when all have gone. [SES8] [SES35]
 */
export async function sendAway(
  members: Pick<Members, 'close'>,
  leaving: readonly Member[],
  { node, perSecond, withinMs }: Pace,
): Promise<void> {
  const stepMs = Math.min(1_000 / perSecond, withinMs / Math.max(1, leaving.length))
  const inAnyOrder = leaving.map((member) => ({ member, at: Math.random() })).toSorted((a, b) => a.at - b.at)
  await Promise.all(
    inAnyOrder.map(async ({ member }, i) => {
      const reconnectInMs = Math.round((i + Math.random()) * stepMs)
      member.socket.emit('server:draining', { reconnectInMs, node })
      const gone = new Promise<void>((resolve) => member.socket.once('disconnect', () => resolve()))
      await Promise.race([gone, delay(systemClock, reconnectInMs + MARGIN_MS)])
      members.close(member, 'server_draining')
    }),
  )
}
