import type { UpName } from '@derm/contract'

/** What a connection tells the subscriber. `code`: of the error catalogue, as far as the server gave one. */
export type TransportHandlers = {
  onConnect(): void
  /** The connection ended, whoever ended it. */
  onDisconnect(): void
  /** The server refused the handshake, or could not be reached (no code). */
  onRefused(code: string | undefined): void
  /** Everything that the server sent, events too, as it came: the subscriber checks it. */
  onMessage(name: string, body: unknown): void
}

/** `protocol`: the version that is spoken. `avoid`: the node that this client was asked to leave, for whoever chooses the next one. */
export type ConnectAs = { protocol: number; avoid?: string }

/** One connection at a time; it never reconnects by itself. Implemented with `socket.io-client`, and in memory by the fuzz. */
export interface Transport {
  /** Opens a connection with this access token; `handlers` hear of the outcome. */
  connect(token: string, handlers: TransportHandlers, as: ConnectAs): void
  disconnect(): void
  /**
   * `answer` is called once, at the place in the stream where the answer stood: before anything that the server sent after it.
   * A promise would not do: what follows in the same packet would be delivered first. `undefined`: no answer in time, or the
   * connection ended. [SUB5]
   */
  request(name: UpName, body: unknown, answer: (body: unknown) => void): void
}
