import { maySee, parseChannel, type UserId } from '@derm/contract'
import type { ChannelHub } from '@derm/core/node'
import { toPrincipal, type Access, type AccessRow } from '../access/access-row.ts'
import { refusalOf } from '../access/access-refusal.ts'
import type { Member } from '../connection/member.ts'
import { LAST_FRAME_MS, type Members } from '../connection/members.ts'
import type { RealtimeMetrics } from '../metrics/realtime-metrics.ts'
import { findAdded } from './find-added.ts'

export type AccessChangeContext = {
  members: Members
  hub: ChannelHub<Member>
  metrics: RealtimeMetrics
  maxChannels: number
}

/** Carries a change of a user's access out on all their sockets, at once and without a pause: a removed channel's frames end here. [SEC2] */
export function changeAccess(context: AccessChangeContext, userId: UserId, access: Access | null): void {
  const started = performance.now()
  for (const member of context.members.ofUser(userId)) changeMember(context, member, access)
  context.metrics.revocationSeconds.observe((performance.now() - started) / 1000)
}

function changeMember(
  { members, hub, metrics, maxChannels }: AccessChangeContext,
  member: Member,
  access: Access | null,
): void {
  const refusal = refusalOf(access, { tid: member.tenantId, sid: member.sessionId })
  if (refusal) {
    metrics.revocations.inc({ kind: refusal })
    members.close(member, refusal)
    return
  }
  const principal = toPrincipal(access as AccessRow)
  const removed = [...member.channels].filter((channel) => !maySee(principal, parseChannel(channel)!))
  for (const channel of removed) {
    hub.leave(channel, member)
    member.channels.delete(channel)
  }
  if (removed.length > 0) member.expectFlush(LAST_FRAME_MS, members.endSlow)
  const added = findAdded(member, principal, maxChannels)
  if (added.length + removed.length === 0) return
  metrics.revocations.inc({ kind: 'grants' })
  member.socket.emit('access:changed', { added, removed })
}
