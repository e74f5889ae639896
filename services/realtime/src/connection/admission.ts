import type { IncomingMessage } from 'node:http'
import type { TokenVerifier, VerifiedToken } from '@derm/auth'
import { CodedError, ERRORS, type ErrorCode } from '@derm/contract'
import type { Logger } from '@derm/core'
import type { Server, Socket } from 'socket.io'
import type { AccessWatch } from '../access/access-watch.ts'
import type { SessionCheck } from '../access/session-check.ts'
import type { RealtimeMetrics } from '../metrics/realtime-metrics.ts'
import type { Conn } from './connection-meter.ts'
import { confirmAccess, identify } from './handshake.ts'
import type { PendingPlaces } from './pending-places.ts'
import type { UserPlaces } from './user-places.ts'

export type AdmissionOptions = {
  verifier: TokenVerifier
  access: AccessWatch
  sessions: SessionCheck
  metrics: RealtimeMetrics
  logger: Logger
  pending: PendingPlaces
  userPlaces: UserPlaces<Conn>
  /** The protocol's version that this node is of. */
  protocol: number
  /** Somebody whose token is good was refused. */
  onRefused: (token: VerifiedToken, code: ErrorCode, request: IncomingMessage) => void
}

/** Lets a socket in whose handshake is valid; its token is then in `socket.data`. All others get the code of their refusal. [SES1] */
export function guardAdmission(io: Server, options: AdmissionOptions): void {
  const { metrics, logger, pending } = options
  /** Connections whose handshake is under way or passed. */
  const known = new WeakSet<Conn>()
  io.use((socket, next) => {
    const { conn } = socket
    const refuse = (code: ErrorCode) => {
      metrics.handshakesRefused.inc({ code })
      next(Object.assign(new Error(code), { data: { code, client: ERRORS[code].client } }))
    }
    // Socket.IO would make a second socket of it, and a third, past every limit per socket.
    // Asked first: of a connection that was let in, the request is forgotten, and what throws here is never ended by Socket.IO.
    if (known.has(conn)) return refuse('validation_failed')
    const tcp = socket.request.socket
    known.add(conn)
    pending.setAsking(tcp, true)
    admit(socket, options)
      .then((token) => {
        socket.data = { token }
        pending.release(tcp)
        next()
      })
      .catch((error: unknown) => {
        const code: ErrorCode = error instanceof CodedError ? error.code : 'internal'
        if (code === 'internal') logger.error({ error }, 'a handshake failed')
        known.delete(conn)
        pending.setAsking(tcp, false)
        refuse(code)
      })
  })
}

/** Takes the user's place in the tick in which the user is known, before access is asked for, and gives it back on every path but the good one. [SES25] */
async function admit({ conn, handshake, request }: Socket, options: AdmissionOptions): Promise<VerifiedToken> {
  const { verifier, userPlaces, onRefused, protocol } = options
  const token = await identify(handshake.auth, verifier, protocol)
  // Gone meanwhile: its end, which would give the place back, has passed.
  if (conn.readyState !== 'open') throw new CodedError('unavailable')
  if (!userPlaces.take(token.sub, conn)) {
    onRefused(token, 'too_many_connections', request)
    throw new CodedError('too_many_connections')
  }
  conn.once('close', () => userPlaces.release(conn))
  try {
    await confirmAccess(token, options)
  } catch (error) {
    userPlaces.release(conn)
    if (error instanceof CodedError) onRefused(token, error.code, request)
    throw error
  }
  userPlaces.confirm(conn)
  return token
}
