import { delay, systemClock } from '@derm/core'
import type { Members } from './members.ts'

const CLOSED_PER_SECOND = 200
const MAX_SPREAD_MS = 10_000

/** Asks every client to reconnect elsewhere, at a moment of its own, and closes what is left then. [SES8] */
export async function drainMembers(members: Members): Promise<void> {
  const spreadMs = Math.min(MAX_SPREAD_MS, (members.size / CLOSED_PER_SECOND) * 1000) + 100
  const closing = members.all().map(async (member) => {
    const reconnectInMs = Math.round(Math.random() * spreadMs)
    member.socket.emit('server:draining', { reconnectInMs })
    await delay(systemClock, reconnectInMs)
    members.close(member, 'server_draining')
  })
  await Promise.all(closing)
}
