import { ADAPTER_KEY, isDownName } from '@derm/contract'
import type { Signer } from '@derm/core'
import { openMessages, sealPublishing, type RedisClient, type SealFault } from '@derm/core/redis'
import { RedisAdapter } from '@socket.io/redis-adapter'

/** What Socket.IO itself tells a client. */
const SOCKET_IO_NAMES = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
])
/** Socket.IO's packet types for an event, without and with binary parts. */
const EVENT_TYPES: readonly unknown[] = [2, 5]
/** The adapter's request for a broadcast with acknowledgements. */
const BROADCAST = 7
/** `{` */
const BRACE = 0x7b

export type AdapterFault = SealFault | 'unreadable' | 'own_name' | 'too_large'

type Broadcast = { type?: unknown; data?: unknown }

/** Whether a client takes this name for the word of its node: the protocol's, the catalogue's and Socket.IO's own. */
export function isOwnName(name: unknown): boolean {
  return typeof name !== 'string' || isDownName(name) || SOCKET_IO_NAMES.has(name)
}

/**
 * The classic Redis adapter, guarded. It carries between the nodes what an application emits by hand, and nothing that a client's truth
 * rests on:
 *
 * - What it publishes is sealed, and what comes unsealed, late or again is dropped and counted. [SEC25]
 * - Events of the catalogue and messages of the protocol reach a client from its node alone: under their names nothing is emitted to
 *   a room, and nothing that comes from Redis is delivered, sealed or not. [SEC26]
 */
export function createGuardedAdapter(
  pub: RedisClient,
  sub: RedisClient,
  signer: Signer,
  onRefused: (fault: AdapterFault, error?: unknown) => void,
  now?: () => number,
): (namespace: unknown) => RedisAdapter {
  const sealed = sealPublishing(pub, signer, {
    onRefused: (error) => onRefused('too_large', error),
    ...(now ? { now } : {}),
  })
  const isDelivered = (decoded: unknown): boolean => {
    const packet = broadcastOf(decoded)
    if (!packet || isAllowed(packet)) return true
    onRefused('own_name')
    return false
  }
  // Requests come as JSON too.
  const opened = openMessages(
    sub,
    signer,
    onRefused,
    (payload) => payload[0] !== BRACE || isDelivered(JSON.parse(payload.toString())),
    now,
  )
  // Not an arrow: Socket.IO calls it with `new`.
  return function createAdapterOf(namespace) {
    const adapter = new GuardedAdapter(namespace, sealed, opened, { key: ADAPTER_KEY })
    const { encode, decode } = adapter.parser
    const parser = {
      encode,
      decode(message: unknown): unknown {
        const decoded: unknown = decode(message)
        return isDelivered(decoded) ? decoded : NOTHING
      },
    }
    return Object.assign(adapter, { parser })
  }
}

/** What the adapter passes over: neither a packet, nor a request that it knows. */
const NOTHING = Object.assign([], { type: -1 })

class GuardedAdapter extends RedisAdapter {
  override broadcast(...[packet, options]: Parameters<RedisAdapter['broadcast']>): void {
    requireAllowed(packet as Broadcast)
    super.broadcast(packet, options)
  }

  override broadcastWithAck(...[packet, ...rest]: Parameters<RedisAdapter['broadcastWithAck']>): void {
    requireAllowed(packet as Broadcast)
    super.broadcastWithAck(packet, ...rest)
  }
}

/** The packet in a message: `[sender, packet, options]`, or a request that has one. */
function broadcastOf(decoded: unknown): Broadcast | null {
  if (Array.isArray(decoded)) return (decoded[1] ?? {}) as Broadcast
  const request = decoded as { type?: unknown; packet?: Broadcast } | null
  return request?.type === BROADCAST ? (request.packet ?? {}) : null
}

function isAllowed({ type, data }: Broadcast): boolean {
  return EVENT_TYPES.includes(type) && Array.isArray(data) && !isOwnName(data[0])
}

function requireAllowed(packet: Broadcast): void {
  if (!isAllowed(packet))
    throw new Error(
      'events and messages of the protocol are not emitted to a room: a client takes them from its node alone',
    )
}
