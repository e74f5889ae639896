import { RefreshRequest } from './refresh-auth.ts'
import { SubscribeRequest } from './subscribe.ts'
import { UnsubscribeRequest } from './unsubscribe.ts'

/** Every message that a client may send, by its name. Each is answered. */
export const UP = {
  subscribe: SubscribeRequest,
  unsubscribe: UnsubscribeRequest,
  'auth:refresh': RefreshRequest,
} as const

export type UpName = keyof typeof UP
