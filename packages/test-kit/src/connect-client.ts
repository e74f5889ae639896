import type { EventEnvelope, SubscribeAck } from '@derm/contract'
import { io, type Socket } from 'socket.io-client'

export type RecordingClient = {
  socket: Socket
  frames: { name: string; body: unknown }[]
  events: EventEnvelope[]
  subscribe(channels: unknown[]): Promise<SubscribeAck>
}

/** A plain `socket.io-client` that records every frame. Rejects with the server's code when the handshake is refused. */
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
    frames.push({ name, body })
    if (typeof (body as EventEnvelope | undefined)?.seq === 'number' && name.includes(':'))
      events.push(body as EventEnvelope)
  })
  const client: RecordingClient = {
    socket,
    frames,
    events,
    subscribe: (channels) => socket.timeout(15_000).emitWithAck('subscribe', { channels }),
  }
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(client))
    socket.once('connect_error', (error: Error & { data?: { code?: string } }) => {
      socket.disconnect()
      reject(Object.assign(new Error(error.data?.code ?? error.message), { code: error.data?.code }))
    })
  })
}
