import { CodedError, type Principal } from '@derm/contract'
import type { ChannelHub } from '@derm/core/node'
import { requireAccess } from '../access/access-refusal.ts'
import { toPrincipal } from '../access/access-row.ts'
import type { AccessWatch } from '../access/access-watch.ts'
import type { Member } from '../connection/member.ts'
import type { FanOut } from '../delivery/fan-out.ts'
import type { LagNotice } from '../delivery/lag-notice.ts'
import type { UserBudgets } from './user-budgets.ts'

export type SubscribeContext = {
  nodeName: string
  hub: ChannelHub<Member>
  fanOut: FanOut
  lagNotice: Pick<LagNotice, 'tell'>
  access: AccessWatch
  maxChannels: number
  budgets: UserBudgets
  timeoutMs: number
  /** Of all events in one acknowledgement. */
  maxAnswerBytes: number
  /** How many bytes may be written to the member before it counts as slow. */
  roomFor: (member: Member) => number
  onTooLarge: () => void
  isAnsweringResync: boolean
}

/** @throws CodedError when the member may not be here any more, or nobody knows. */
export function currentPrincipal({ access }: SubscribeContext, member: Member): Principal {
  if (!access.isConfirmed()) throw new CodedError('access_unconfirmed')
  return toPrincipal(requireAccess(access.get(member.userId), { tid: member.tenantId, sid: member.sessionId }))
}
