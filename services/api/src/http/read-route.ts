import type { z } from 'zod'
import {
  CodedError,
  MAX_HEADER_CHANNELS,
  covers,
  feedsOf,
  formatPositions,
  locationsFor,
  parsePositions,
  type ChannelName,
  type LocationId,
  type Positions,
  type Resource,
  type TenantId,
  type Topic,
} from '@derm/contract'
import { withTenant, type TenantTx } from '@derm/database'
import { loadCaller, type Caller } from '../access/principal.ts'
import type { AuditEvent } from '../audit/audit-row.ts'
import { findPatients } from '../audit/patient-views.ts'
import { readAsOf } from '../positions.ts'
import { hasTag, invalidHeader, makeEntityTag } from './entity-tag.ts'
import { inputOf, tokenOf, type Declaration, type Exchange, type Input, type Reply, type Route } from './route.ts'

type ReadScope = { tx: TenantTx; caller: Caller }
type Awaitable<Value> = Value | Promise<Value>
type ReadDeclaration = Omit<Declaration, 'kind' | 'auth'>
type AnswerOf<D extends ReadDeclaration> = D['answer'] extends { schema: infer Schema extends z.ZodType }
  ? z.input<Schema>
  : never

/** The part of the practice that an answer is about: `at` as the read said, and the locations of its own topic that it may show. */
export type ReadPlace = { tenantId: TenantId; at: LocationId | '*'; locations: readonly LocationId[] }

/** What feeds an answer: an event in a channel that feeds it may change it. Decided before the data is read. */
type Fed<In> =
  | {
      /** The resources that it shows; all that these embed is added. */
      shows: readonly [Resource, ...Resource[]]
      /** The topic that lets a role see it. */
      own: Topic
      /** Decides whether the caller may read it, and says which location it is about. @throws CodedError */
      at: (scope: ReadScope, input: In) => Awaitable<LocationId | '*'>
    }
  /** Names its channels itself. @throws CodedError */
  | { shows: 'channels'; feeds: (scope: ReadScope, input: In) => Awaitable<readonly ChannelName[]> }
  /** No event of the catalogue changes it. */
  | { shows: 'nothing'; because: string }

export type ReadBehaviour<In, Answer> = Fed<In> &
  /**
   * Reads the data. `loadShared` is not told who asks: what it reads is the same for all who may read it there, so that those who ask for
   * it at the same time get one answer.
   */
  (
    | { load: (scope: ReadScope, input: In, place: ReadPlace) => Promise<Answer> }
    | { loadShared: (tx: TenantTx, input: In, place: ReadPlace) => Promise<Answer> }
  ) & {
    /** The version of the one entity that is answered. */
    versionOf?: (answer: Answer) => number
    /** What is written into the audit log before the answer goes out; or why nothing is. */
    audit: ((answer: Answer, input: In) => AuditEvent) | { notAudited: string }
  }

/**
 * Declares a read. In one READ COMMITTED transaction it reads the caller's access, then the heads of the channels that feed
 * the answer, then the data: each statement sees at least what the one before saw, so the answer reflects at least its `As-Of`.
 */
export function defineRead<const D extends ReadDeclaration>(
  declaration: D,
  behaviour: ReadBehaviour<Input<D & Declaration>, AnswerOf<D>>,
): Route {
  const route: Declaration = {
    ...declaration,
    kind: 'read',
    auth: 'bearer',
    ...('own' in behaviour ? { shows: behaviour.shows, own: behaviour.own } : {}),
  }
  return { ...route, handle: (exchange) => answerRead(exchange, inputOf<D & Declaration>(exchange), behaviour) }
}

async function answerRead<In, Answer>(
  exchange: Exchange,
  input: In,
  behaviour: ReadBehaviour<In, Answer>,
): Promise<Reply> {
  const { api, request, source: auditSource, turn } = exchange
  const token = tokenOf(exchange)
  const needed = parseMinAsOf(request.get('min-as-of'))
  const read = async (scope: ReadScope, { feeds, place }: Source) => {
    const asOf = await readAsOf(scope.tx, feeds)
    const answer =
      'load' in behaviour
        ? await behaviour.load(scope, input, place)
        : await behaviour.loadShared(scope.tx, input, place)
    return { asOf, answer }
  }

  let release: (() => void) | null = null
  let result: { caller: Caller; source: Source; key: string; data?: Awaited<ReturnType<typeof read>> }
  try {
    // Who asks is looked at for each request, and before anything is shared.
    const look = async (tx: TenantTx) => {
      const caller = await loadCaller(tx, token)
      const source = await findSource(behaviour, { tx, caller }, input)
      const key = JSON.stringify([token.tid, request.method, request.path, input, source])
      if ('loadShared' in behaviour && !(release = api.sharedReads.lead(key))) return { caller, source, key }
      return { caller, source, key, data: await read({ tx, caller }, source) }
    }
    result = await api.turns.run(turn, () => withTenant(api.prisma, token.tid, look))
  } finally {
    ;(release as (() => void) | null)?.()
  }
  const { caller, source, key } = result
  // Nobody's leaving ends what others wait for: the computation's turn has no signal.
  const { tenant, user } = turn
  const compute = () =>
    api.turns.run({ tenant, user }, () => withTenant(api.prisma, token.tid, (tx) => read({ tx, caller }, source)))
  if (!result.data) exchange.giveBackShare()
  const { asOf, answer } = result.data ?? (await api.sharedReads.join(key, compute))
  requireFresh(asOf, needed)
  if (typeof behaviour.audit === 'function') {
    const event = behaviour.audit(answer, input)
    await api.audit.write(caller, auditSource, event, findPatients(event.subjectType, answer))
  }
  return toReadReply(exchange, answer, asOf, behaviour.versionOf?.(answer))
}

/** Where an answer comes from: equal sources give equal answers to equal requests, whoever asks. */
type Source = { feeds: readonly ChannelName[]; place: ReadPlace }

async function findSource<In>(behaviour: Fed<In>, scope: ReadScope, input: In): Promise<Source> {
  const { tenantId } = scope.caller
  const everywhere: ReadPlace = { tenantId, at: '*', locations: [] }
  switch (behaviour.shows) {
    case 'nothing':
      return { feeds: [], place: everywhere }
    case 'channels':
      return { feeds: await behaviour.feeds(scope, input), place: everywhere }
    default: {
      const { shows, own } = behaviour
      const at = await behaviour.at(scope, input)
      const locations = at === '*' ? locationsFor(scope.caller, own) : [at]
      return { feeds: feedsOf(scope.caller, { shows, own, at }), place: { tenantId, at, locations } }
    }
  }
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
