import { createHash } from 'node:crypto'
import type { z } from 'zod'
import { MAX_HEADER_CHANNELS, formatPositions } from '@derm/contract'
import type { Change } from '../change.ts'
import { runChange, type ChangeAnswer } from '../transaction.ts'
import { invalidHeader, makeEntityTag, parseIfMatch } from './entity-tag.ts'
import { inputOf, tokenOf, type Declaration, type Exchange, type Input, type Reply, type Route } from './route.ts'

type ChangeDeclaration = Omit<Declaration, 'kind' | 'auth' | 'shows' | 'own' | 'emits' | 'action'> &
  Required<Pick<Declaration, 'emits' | 'action'>>
type AnswerOf<D extends ChangeDeclaration> = D['answer'] extends { schema: infer Schema extends z.ZodType }
  ? z.input<Schema>
  : null
type Versioned<D extends ChangeDeclaration> = Input<D & Declaration> &
  (D['isConditional'] extends true ? { version: number } : object)

/** What a command gives back: the entity after the change, and where a new one is found. `changedNothing`: it was so already. */
export type Changed<Answer> = { body: Answer; version?: number; location?: string; changedNothing?: boolean }

/**
 * Declares a change: it runs in one transaction with its events, its audit entry and its idempotency key (`transaction.ts`). A repeat with the
 * same `Idempotency-Key` returns the first answer. `emits`: empty where the catalogue has no event for it; the audit entry is asked for anyway.
 */
export function defineChange<const D extends ChangeDeclaration>(
  declaration: D,
  run: (change: Change, input: Versioned<D>) => Promise<Changed<AnswerOf<D>>>,
): Route {
  const route: Declaration = { ...declaration, kind: 'change', auth: 'bearer' }
  return {
    ...route,
    async handle(exchange) {
      const { api, request, source, turn, traceparent } = exchange
      const token = tokenOf(exchange)
      const key = parseIdempotencyKey(request.get('idempotency-key'))
      const version = route.isConditional ? { version: parseIfMatch(request.get('if-match')) } : {}
      const input = { ...inputOf<D & Declaration>(exchange), ...version } as Versioned<D>
      const answer = await runChange(
        api,
        {
          token,
          source,
          turn,
          traceparent,
          emits: route.emits ?? [],
          ...(key === undefined ? {} : { idempotency: { key, fingerprint: makeFingerprint(exchange) } }),
        },
        async (change): Promise<ChangeAnswer> => {
          const { body, version, location, changedNothing = false } = await run(change, input)
          const headers: Record<string, string> = location === undefined ? {} : { Location: location }
          if (version !== undefined) headers['ETag'] = makeEntityTag(JSON.stringify(body), version)
          return { status: route.answer.status, headers, body, changedNothing }
        },
      )
      return toReply(answer)
    },
  }
}

function toReply({ status, headers, body, published, isRepeat }: Awaited<ReturnType<typeof runChange>>): Reply {
  const channels = Object.keys(published).length
  return {
    status,
    headers: {
      ...headers,
      ...(channels > 0 && channels <= MAX_HEADER_CHANNELS ? { Published: formatPositions(published) } : {}),
      ...(isRepeat ? { 'Idempotent-Replayed': 'true' } : {}),
    },
    ...(body === null ? {} : { body }),
  }
}

function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  if (!/^[\w.:-]{1,200}$/.test(header)) throw invalidHeader('Idempotency-Key', 'up to 200 letters, digits, _ . : -')
  return header
}

/** What the key was sent for. `If-Match` is no part of it: a repeat asks for the same change. */
function makeFingerprint({ request, body }: Exchange): string {
  return createHash('sha256')
    .update(`${request.method} ${request.path}\n${JSON.stringify(body ?? null)}`)
    .digest('hex')
}
