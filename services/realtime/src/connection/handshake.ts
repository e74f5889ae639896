import type { IncomingMessage } from 'node:http'
import type { TokenVerifier, VerifiedToken } from '@derm/auth'
import { CodedError, Handshake, protocolsOf, type ErrorCode } from '@derm/contract'
import type { Socket } from 'socket.io'
import { requireAccess } from '../access/access-refusal.ts'
import type { AccessWatch } from '../access/access-watch.ts'
import type { SessionCheck } from '../access/session-check.ts'

/** Browsers are held to the exact list; a client that is no browser sends the header itself. CORS does not guard WebSockets. */
export function checkOrigin(request: IncomingMessage, allowed: readonly string[]): ErrorCode | null {
  const { origin } = request.headers
  return origin !== undefined && allowed.includes(origin) ? null : 'origin_forbidden'
}

/** Whose handshake it is. @throws CodedError with the code that the client gets in `connect_error`. */
export async function identify(auth: unknown, verifier: TokenVerifier, version: number): Promise<VerifiedToken> {
  const parsed = Handshake.safeParse(auth)
  const given = (auth as { protocol?: unknown; token?: unknown } | undefined) ?? {}
  // What is no token is refused for that, whatever the version.
  if (typeof given.token === 'string' && !protocolsOf(version).some((served) => served === given.protocol))
    throw new CodedError('protocol_unsupported')
  if (!parsed.success) throw new CodedError('unauthenticated')
  return verifier.verify(parsed.data.token)
}

/** @throws CodedError when they may not be here, or nobody knows. */
export async function confirmAccess(
  token: VerifiedToken,
  { access, sessions }: { access: AccessWatch; sessions: SessionCheck },
): Promise<void> {
  if (!access.isConfirmed()) throw new CodedError('access_unconfirmed')
  const sessionFault = await sessions.require(token).then(
    () => null,
    (error: unknown) => error as Error,
  )
  // Read last: the comparison of access forgets the row of a user who has no socket here yet. It says more than that the session is none.
  requireAccess(await access.read(token.sub), token)
  if (sessionFault) throw sessionFault
}

/**
 * Lets go of what a socket came with: its token, cookies and request. Socket.IO would keep them for the socket's life, and send them
 * through Redis to whoever asks the nodes for their sockets. [SEC8]
 */
export function forgetHandshake(socket: Socket): void {
  Object.assign(socket.handshake, { auth: {}, headers: {}, query: {}, address: '' })
  socket.data = {}
  Object.assign(socket.conn, { request: null, remoteAddress: '' })
}
