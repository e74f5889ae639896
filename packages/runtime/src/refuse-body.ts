import type { IncomingMessage, ServerResponse } from 'node:http'

/** For this long a client can read why it was refused, while it still sends. */
const LINGER_MS = 1_000

/** The length that a request announces; 0 for one that announces none. */
export const announcedLength = ({ headers }: IncomingMessage): number => Number(headers['content-length'] ?? 0)

/**
 * Reads nothing more of a request whose body is too large: by default Node would read and drop all of it, however long that takes. The
 * connection ends with the answer, and is let go a second later: what is sent meanwhile waits at the sender, and does not keep the answer
 * from it as a reset would. Called before the answer is given. [OPS8]
 */
export function refuseBody(request: IncomingMessage, response: ServerResponse): void {
  // Node drops the rest of a request that nobody read from; this one counts as read from, and stays as it is.
  request.read(0)
  request.pause()
  response.setHeader('connection', 'close')
  const { socket } = request
  socket.destroySoon = () => {
    socket.end()
    setTimeout(() => socket.destroy(), LINGER_MS).unref()
  }
}
