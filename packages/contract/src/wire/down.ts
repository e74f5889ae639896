import type { z } from 'zod'
import { AccessChanged } from './access-changed.ts'
import { AuthExpiring } from './auth-expiring.ts'
import { Closing } from './closing.ts'
import { EventMessage } from './event.ts'
import type { EventEnvelope } from '../envelope.ts'
import { Feed } from './feed.ts'
import { Heads } from './heads.ts'
import { PlainAck } from './plain-ack.ts'
import { Refusal } from './refusal.ts'
import { Resync } from './resync.ts'
import { ServerDraining } from './server-draining.ts'
import { SubscribeAck } from './subscribe.ts'

/** Every message that a node sends by itself, by its name. `event` stands for all types of the catalogue. */
export const DOWN = {
  event: EventMessage,
  heads: Heads,
  resync: Resync,
  feed: Feed,
  'auth:expiring': AuthExpiring,
  'access:changed': AccessChanged,
  'server:draining': ServerDraining,
  closing: Closing,
} as const

/** What a node answers to a request, and to a handshake that it refuses. */
export const ANSWERS = {
  subscribe: SubscribeAck,
  unsubscribe: PlainAck,
  'auth:refresh': PlainAck,
  connect_error: Refusal,
} as const

export type DownName = keyof typeof DOWN
export type DownBody<Name extends DownName> = Name extends 'event' ? EventEnvelope : z.infer<(typeof DOWN)[Name]>
export type DownMessage = { [Name in DownName]: { name: Name; body: DownBody<Name> } }[DownName]
