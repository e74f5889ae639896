import type { Member } from './member.ts'
import type { Members } from './members.ts'

const WARNING_S = 60

/** `nowMs`: by the clock that the tokens were made by. Warns of tokens that are about to end, and closes the sockets of those that have ended. [SES6] */
export function checkTokenExpiry(members: Members, nowMs: number): void {
  const now = nowMs / 1000
  for (const member of members.all()) {
    const leftS = member.expiresAt - now
    if (leftS <= 0) members.close(member, 'token_expired')
    else if (leftS <= WARNING_S) warn(member, leftS)
  }
}

function warn(member: Member, leftS: number): void {
  if (member.isWarned) return
  member.isWarned = true
  member.socket.emit('auth:expiring', { expiresInMs: Math.round(leftS * 1000) })
}
