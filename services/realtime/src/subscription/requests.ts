import type { TokenVerifier } from '@derm/auth'
import { CodedError, ERRORS, RefreshRequest, type PlainAck, type SubscribeAck } from '@derm/contract'
import type { Logger } from '@derm/core'
import { requireAccess } from '../access/access-refusal.ts'
import type { SessionCheck } from '../access/session-check.ts'
import type { Member } from '../connection/member.ts'
import type { RealtimeMetrics } from '../metrics/realtime-metrics.ts'
import { subscribe } from './subscribe.ts'
import type { SubscribeContext } from './subscribe-context.ts'
import { unsubscribe } from './unsubscribe.ts'

export type RequestContext = SubscribeContext & {
  verifier: TokenVerifier
  sessions: SessionCheck
  metrics: RealtimeMetrics
  logger: Logger
}

/** What a member may ask for. Each request gets one answer, or none when it sent no callback. */
export function answerRequests(context: RequestContext, member: Member): void {
  answer<SubscribeAck>(context, member, 'subscribe', (body, reply) => subscribe(context, member, body, reply))
  answer<PlainAck>(context, member, 'unsubscribe', (body, reply) => {
    unsubscribe(context, member, body)
    reply({ ok: true })
  })
  answer<PlainAck>(context, member, 'auth:refresh', async (body, reply) => {
    await refresh(context, member, body)
    reply({ ok: true })
  })
}

function answer<Ack extends { ok: boolean }>(
  { metrics, logger }: RequestContext,
  member: Member,
  name: string,
  run: (body: unknown, reply: (ack: Ack) => void) => void | Promise<void>,
): void {
  member.socket.on(name, async (body: unknown, ack: unknown) => {
    member.askedAt = performance.now()
    const reply = typeof ack === 'function' ? (ack as (answer: unknown) => void) : () => {}
    try {
      await run(body, reply)
    } catch (error) {
      const code = error instanceof CodedError ? error.code : 'internal'
      if (code === 'internal') {
        metrics.handlerErrors.inc()
        logger.error({ error, event: name }, 'a request of a socket failed')
      } else if (error instanceof CodedError && error.cause)
        logger.warn({ error: error.cause, event: name }, 'a request of a socket could not be answered')
      reply({ ok: false, code, message: ERRORS[code].title })
    }
  })
}

/** A new token of the same session keeps the socket; it never gives more than the one before. [SES6] */
async function refresh({ verifier, access, sessions }: RequestContext, member: Member, body: unknown): Promise<void> {
  const request = RefreshRequest.safeParse(body)
  if (!request.success) throw new CodedError('validation_failed')
  const token = await verifier.verify(request.data.token)
  if (token.sub !== member.userId || token.sid !== member.sessionId || token.tid !== member.tenantId)
    throw new CodedError('token_invalid')
  await sessions.require(token)
  requireAccess(access.get(member.userId), token)
  if (token.exp >= member.expiresAt) Object.assign(member, { expiresAt: token.exp, kid: token.kid })
  member.isWarned = false
}
