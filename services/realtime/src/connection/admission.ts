import type { TokenVerifier } from '@derm/auth'
import { CodedError, ERRORS, type ErrorCode } from '@derm/contract'
import type { Logger } from '@derm/core'
import type { Server, Socket } from 'socket.io'
import type { AccessWatch } from '../access/access-watch.ts'
import type { SessionCheck } from '../access/session-check.ts'
import type { RealtimeMetrics } from '../metrics/realtime-metrics.ts'
import { admit } from './handshake.ts'
import type { Members } from './members.ts'

export type AdmissionOptions = {
  verifier: TokenVerifier
  access: AccessWatch
  sessions: SessionCheck
  members: Members
  metrics: RealtimeMetrics
  logger: Logger
  maxConnectionsPerUser: number
}

/** Lets a socket in whose handshake is valid; its token is then in `socket.data`. All others get the code of their refusal. [SES1] */
export function guardAdmission(io: Server, options: AdmissionOptions): void {
  const { members, metrics, logger, maxConnectionsPerUser } = options
  /** Connections whose handshake is under way or passed. */
  const known = new WeakSet<Socket['conn']>()
  io.use((socket, next) => {
    const refuse = (code: ErrorCode) => {
      metrics.handshakesRefused.inc({ code })
      next(Object.assign(new Error(code), { data: { code, client: ERRORS[code].client } }))
    }
    // Socket.IO would make a second socket of it, and a third, past every limit per socket.
    if (known.has(socket.conn)) return refuse('validation_failed')
    known.add(socket.conn)
    admit(socket.handshake.auth, options)
      .then((token) => {
        if (members.countOf(token.sub) >= maxConnectionsPerUser) throw new CodedError('too_many_connections')
        socket.data = { token }
        next()
      })
      .catch((error: unknown) => {
        const code: ErrorCode = error instanceof CodedError ? error.code : 'internal'
        if (code === 'internal') logger.error({ error }, 'a handshake failed')
        known.delete(socket.conn)
        refuse(code)
      })
  })
}
