import type { z } from 'zod'
import {
  CodedError,
  MAX_HEADER_CHANNELS,
  covers,
  formatPositions,
  parsePositions,
  type ChannelName,
  type Positions,
} from '@derm/contract'
import { withTenant, type TenantTx } from '@derm/database'
import { requireToken } from '../access/bearer.ts'
import { loadCaller, type Caller } from '../access/principal.ts'
import type { AuditEvent } from '../audit/audit-writer.ts'
import { readAsOf } from '../events/positions.ts'
import { hasTag, invalidHeader, makeEntityTag } from './entity-tag.ts'
import { inputOf, type Declaration, type Exchange, type Input, type Reply, type Route } from './route.ts'

type ReadScope = { tx: TenantTx; caller: Caller }
type Awaitable<Value> = Value | Promise<Value>
type ReadDeclaration = Omit<Declaration, 'kind' | 'auth'>
type AnswerOf<D extends ReadDeclaration> = D['answer'] extends { schema: infer Schema extends z.ZodType }
  ? z.input<Schema>
  : never

export type ReadBehaviour<In, Answer> = {
  /**
   * Decides whether the caller may read this, and names the channels that feed it: an event in any of them may change the answer.
   * Runs before the data is read. @throws CodedError
   */
  feeds: (scope: ReadScope, input: In) => Awaitable<readonly ChannelName[]>
  /**
   * Reads the data. `loadShared` is not told who asks: what it reads is the same for all who may read it, so that those who ask for
   * it at the same time get one answer.
   */
} & (
  | { load: (scope: ReadScope, input: In) => Promise<Answer> }
  | { loadShared: (tx: TenantTx, input: In) => Promise<Answer> }
) & {
    /** The version of the one entity that is answered. */
    versionOf?: (answer: Answer) => number
    /** What is written into the audit log before the answer goes out; `null` when nothing about a patient was shown. */
    audit?: (answer: Answer, input: In) => AuditEvent | null
  }

/**
 * Declares a read. In one READ COMMITTED transaction it reads the caller's access, then the heads of the channels that feed
 * the answer, then the data: each statement sees at least what the one before saw, so the answer reflects at least its `As-Of`.
 */
export function defineRead<const D extends ReadDeclaration>(
  declaration: D,
  behaviour: ReadBehaviour<Input<D & Declaration>, AnswerOf<D>>,
): Route {
  const route: Declaration = { ...declaration, kind: 'read', auth: 'bearer' }
  return { ...route, handle: (exchange) => answerRead(exchange, inputOf<D & Declaration>(exchange), behaviour) }
}

async function answerRead<In, Answer>(
  exchange: Exchange,
  input: In,
  behaviour: ReadBehaviour<In, Answer>,
): Promise<Reply> {
  const { api, request, requestId } = exchange
  const token = await requireToken(exchange)
  const needed = parseMinAsOf(request.get('min-as-of'))
  const read = async (scope: ReadScope, feeds: readonly ChannelName[]) => {
    const asOf = await readAsOf(scope.tx, feeds)
    const answer =
      'load' in behaviour ? await behaviour.load(scope, input) : await behaviour.loadShared(scope.tx, input)
    return { asOf, answer }
  }

  let release: (() => void) | null = null
  let result: { caller: Caller; feeds: readonly ChannelName[]; key: string; data?: Awaited<ReturnType<typeof read>> }
  try {
    // Who asks is looked at for each request, and before anything is shared.
    result = await withTenant(api.prisma, token.tid, async (tx) => {
      const caller = await loadCaller(tx, token)
      const feeds = await behaviour.feeds({ tx, caller }, input)
      const key = JSON.stringify([token.tid, request.method, request.path, input, feeds])
      if ('loadShared' in behaviour && !(release = api.sharedReads.lead(key))) return { caller, feeds, key }
      return { caller, feeds, key, data: await read({ tx, caller }, feeds) }
    })
  } finally {
    ;(release as (() => void) | null)?.()
  }
  const { caller, feeds, key } = result
  const compute = () => withTenant(api.prisma, token.tid, (tx) => read({ tx, caller }, feeds))
  const { asOf, answer } = result.data ?? (await api.sharedReads.join(key, compute))
  requireFresh(asOf, needed)
  const event = behaviour.audit?.(answer, input)
  if (event) await api.audit.write(caller, requestId, event)
  return toReadReply(exchange, answer, asOf, behaviour.versionOf?.(answer))
}

/** The answer with its positions; 304 without a body when the client has it already. */
export function toReadReply(
  { api, request }: Pick<Exchange, 'api' | 'request'>,
  answer: unknown,
  asOf: Positions,
  version: number | undefined,
): Reply {
  const channels = Object.keys(asOf).length
  const tag = makeEntityTag(JSON.stringify(answer), version)
  const headers: Record<string, string> = request.method === 'GET' ? { ETag: tag } : {}
  // Too many for a header that proxies let through: then every answer has a body, since a 304 could not carry them.
  if (channels > MAX_HEADER_CHANNELS) return { status: 200, headers, body: { ...(answer as object), asOf } }
  if (channels > 0) headers['As-Of'] = formatPositions(asOf)
  if (request.method === 'GET' && hasTag(request.get('if-none-match'), tag)) {
    api.metrics.notModified.inc()
    return { status: 304, headers }
  }
  return { status: 200, headers, body: answer }
}

function parseMinAsOf(header: string | undefined): Positions {
  if (header === undefined) return {}
  const positions = parsePositions(header)
  if (!positions) throw invalidHeader('Min-As-Of', 'a list such as "t/patients";epoch="0123456789abcdef";seq=4')
  return positions
}

/** We read the primary: what it does not cover yet, no other copy does. Channels that do not feed the answer do not matter. */
function requireFresh(asOf: Positions, needed: Positions): void {
  for (const [key, position] of Object.entries(needed))
    if (asOf[key] && !covers(asOf[key], position)) throw new CodedError('not_fresh_enough', { retryAfter: 1 })
}
