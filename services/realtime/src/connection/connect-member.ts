import type { VerifiedToken } from '@derm/auth'
import { sessionRoom, tenantRoom, userRoom, type ErrorCode } from '@derm/contract'
import type { Socket } from 'socket.io'
import { refusalOf } from '../access/access-refusal.ts'
import type { AccessWatch } from '../access/access-watch.ts'
import type { RealtimeMetrics } from '../metrics/realtime-metrics.ts'
import { forgetHandshake } from './handshake.ts'
import { Member } from './member.ts'
import type { Members } from './members.ts'

export type ConnectContext = {
  access: AccessWatch
  members: Members
  metrics: RealtimeMetrics
  maxBufferedBytes: number
  isRefusing: () => boolean
  onRefused: (code: ErrorCode) => void
}

/** Makes a member of a socket that was admitted; `null` when it was closed again: somebody may have been revoked since the handshake. */
export function connectMember(context: ConnectContext, socket: Socket): Member | null {
  const { access, members, maxBufferedBytes, isRefusing, onRefused } = context
  const { token } = socket.data as { token: VerifiedToken }
  const { sub, tid, sid, exp, kid } = token
  forgetHandshake(socket)
  const member = new Member(socket, sub, tid, sid, exp, kid, maxBufferedBytes, members.endSlow)
  const refusal = isRefusing() ? 'server_draining' : refusalOf(access.get(sub), token)
  if (refusal) {
    onRefused(refusal)
    members.close(member, refusal)
    return null
  }
  members.add(member)
  void socket.join([sessionRoom(sid), userRoom(tid, sub), tenantRoom(tid)])
  observeEnd(context, member)
  return member
}

function observeEnd({ members, metrics }: ConnectContext, member: Member): void {
  const { socket } = member
  socket.on('error', () => {
    metrics.packetsRefused.inc({ code: 'packet_malformed' })
  })
  socket.on('disconnect', (reason) => {
    // By a message of another process, which does not wait for our comparison of access.
    if (reason === 'server namespace disconnect' && !member.isClosed) metrics.revocations.inc({ kind: 'by_message' })
    // A packet in a state that does not know it, as Socket.IO finds: connecting what is connected.
    if (/^forced (server )?close$/.test(reason) && !member.isClosed)
      metrics.packetsRefused.inc({ code: 'packet_malformed' })
    members.forget(member)
  })
}
