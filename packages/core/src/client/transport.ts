import type { EventEnvelope, ServerMessages } from '@derm/contract'

/** What a connection tells the subscriber. `code`: of the error catalogue, as far as the server gave one. */
export type TransportHandlers = {
  onConnect(): void
  /** The connection ended, whoever ended it. */
  onDisconnect(): void
  /** The server refused the handshake, or could not be reached (no code). */
  onRefused(code: string | undefined): void
  onEvent(event: EventEnvelope): void
  onMessage<Name extends keyof ServerMessages>(name: Name, body: ServerMessages[Name]): void
}

/** One connection at a time; it never reconnects by itself. Implemented with `socket.io-client`, and in memory by the fuzz. */
export interface Transport {
  /** Opens a connection with this access token; `handlers` hear of the outcome. */
  connect(token: string, handlers: TransportHandlers): void
  disconnect(): void
  /** @throws when there is no answer in time, or the connection ends. */
  request(name: 'subscribe' | 'unsubscribe' | 'auth:refresh', body: unknown): Promise<unknown>
}
