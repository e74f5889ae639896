import {
  DOWN,
  SubscribeAck,
  isDownName,
  isEventType,
  parseEnvelope,
  type DownName,
  type EventEnvelope,
} from '@derm/contract'
import { io, type Socket } from 'socket.io-client'

export type RecordingClient = {
  socket: Socket
  frames: { name: string; body: unknown }[]
  events: EventEnvelope[]
  subscribe(channels: unknown[]): Promise<SubscribeAck>
}

/**
 * A plain `socket.io-client` that records every frame. What the server says must have the form of the wire's schemas, else the test run
 * fails. Rejects with the server's code when the handshake is refused.
 */
export function connectClient({
  url,
  origin,
  token,
}: {
  url: string
  origin: string
  token: string
}): Promise<RecordingClient> {
  const socket = io(url, {
    path: '/realtime',
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    extraHeaders: { origin },
    auth: { token, protocol: 1 },
  })
  const frames: RecordingClient['frames'] = []
  const events: EventEnvelope[] = []
  socket.onAny((name: string, body: unknown) => {
    checkMessage(name, body)
    frames.push({ name, body })
    if (typeof (body as EventEnvelope | undefined)?.seq === 'number' && name.includes(':'))
      events.push(body as EventEnvelope)
  })
  const client: RecordingClient = {
    socket,
    frames,
    events,
    subscribe: async (channels) =>
      SubscribeAck.parse(await socket.timeout(15_000).emitWithAck('subscribe', { channels })),
  }
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(client))
    socket.once('connect_error', (error: Error & { data?: { code?: string } }) => {
      socket.disconnect()
      reject(Object.assign(new Error(error.data?.code ?? error.message), { code: error.data?.code }))
    })
  })
}

/** @throws when a message of the protocol is not what its schema says. */
function checkMessage(name: string, body: unknown): void {
  if (isEventType(name)) parseEnvelope(body)
  else if (isDownName(name)) DOWN[name as DownName].parse(body)
}
