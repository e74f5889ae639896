import { STATUS_CODES, type IncomingMessage } from 'node:http'
import { ERRORS, type ErrorCode } from '@derm/contract'
import { SECURITY_HEADERS } from '@derm/runtime'

/** A refused client may read its refusal for this long. */
const LINGER_MS = 1_000

/**
 * Answers an upgrade with the code's own status, and the code as body. Engine.IO would say 400 to all: the client's fault, which no front
 * door tries at another node, where 503 is the node's. [SES36]
 */
export function refuseUpgrade({ socket }: IncomingMessage, code: ErrorCode): void {
  const { status } = ERRORS[code]
  const headers = { ...SECURITY_HEADERS, connection: 'close', 'retry-after': '0', 'content-type': 'text/plain' }
  const lines = Object.entries({ ...headers, 'content-length': String(code.length) })
  socket.on('error', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${code}`,
  )
  setTimeout(() => socket.destroy(), LINGER_MS).unref()
}
