import { Id, type EventType, type NewEvent, type Positions, type TenantId } from '@derm/contract'
import type { VerifiedToken } from '@derm/auth'
import { withTenant, type TenantTx } from '@derm/database'
import { createEventCollector, fromPrisma } from '@derm/publisher'
import { loadCaller, loadSystem, type Caller } from './access/principal.ts'
import type { Api } from './api.ts'
import type { Turn } from './limits/database-turns.ts'
import { toAuditRow, type AuditEvent, type AuditSource } from './audit/audit-row.ts'
import { toPositions } from './positions.ts'
import { createChange, type Change } from './change.ts'
import { findSqlState } from './database-error.ts'
import { traceTransaction } from './trace-transaction.ts'
import { claimKey, completeKey, type StoredAnswer } from './idempotency.ts'

export type ChangeRequest = {
  token: VerifiedToken
  source: AuditSource
  turn: Turn
  traceparent: string
  /** Every event that it may record. */
  emits: readonly EventType[]
  /** The `Idempotency-Key`, and what it was sent for. */
  idempotency?: { key: string; fingerprint: string }
}

/** `changedNothing`: all was as asked already, so there is nothing to tell. Who was shown it is audited all the same. */
export type ChangeAnswer = {
  status: number
  headers: Record<string, string>
  body: unknown
  changedNothing?: boolean
}

/**
 * One change, one transaction: tenant → caller's access → claim of the idempotency key → the command → audit → the events'
 * flush → completion of the key. After the flush only rows that this transaction already holds are touched, so it
 * cannot wait for anyone while others wait for the channel's head. The relay is told once it has committed.
 *
 * @throws CodedError; then nothing was changed, and the key is free again.
 */
export async function runChange(
  api: Api,
  request: ChangeRequest,
  command: (change: Change) => Promise<ChangeAnswer>,
): Promise<StoredAnswer & { isRepeat: boolean }> {
  const { token, source, turn, emits, idempotency } = request
  const span = traceTransaction(api.tracing, request.traceparent)
  const { traceparent } = span
  const transacted = transact(api, token.tid, turn, async (tx, afterCommit) => {
    const caller = await loadCaller(tx, token)
    const claim = idempotency && { ...idempotency, caller }
    const first = claim && (await claimKey(tx, claim))
    if (first) {
      await tx.auditEntry.create({ data: toAuditRow(caller, source, toRepeat(first.body)) })
      return { ...first, isRepeat: true, shards: [] }
    }

    const frame = { caller, source, traceparent, emits, ...(claim ? { mutationId: claim.key } : {}) }
    const { answer, published, shards } = await carryOut(api, tx, frame, afterCommit, command)
    if (claim) await completeKey(tx, claim, { ...answer, published })
    return { ...answer, published, isRepeat: false, shards }
  })
  const { done, afterCommit } = await span.follow(transacted)
  const { shards, ...result } = done
  finish(api, shards, afterCommit)
  if (result.isRepeat) api.metrics.idempotentRepeats.inc()
  return result
}

/** An answer that is given again shows again what it holds: the entry names the entity, where the answer is one. */
function toRepeat(body: unknown): AuditEvent {
  const id = Id.safeParse((body as { id?: unknown } | null)?.id)
  return { action: 'answer.repeat', subjectType: 'answer', ...(id.success ? { subjectId: id.data } : {}) }
}

/** A change that no person asked for: the source's `requestId` names the job. */
export type SystemRequest = {
  tenantId: TenantId
  source: AuditSource
  traceparent: string
  emits: readonly EventType[]
}

/**
 * The same in a tenant's name with the system as actor: no session, no idempotency key. `claim` says first whether there is anything to do, with
 * locks that hold until the commit; what it takes, no other transaction does meanwhile. Answers whether there was.
 */
export async function runAsSystem(
  api: Api,
  { tenantId, traceparent, ...request }: SystemRequest,
  claim: (tx: TenantTx) => Promise<boolean>,
  command: (change: Change) => Promise<void>,
): Promise<boolean> {
  const span = traceTransaction(api.tracing, traceparent, { isFirst: true })
  const transacted = transact(api, tenantId, null, async (tx, afterCommit) => {
    if (!(await claim(tx))) return null
    const caller = await loadSystem(tx, tenantId)
    const { shards } = await carryOut(
      api,
      tx,
      { caller, traceparent: span.traceparent, ...request },
      afterCommit,
      async (change) => {
        await command(change)
        return { status: 204, headers: {}, body: null }
      },
    )
    return shards
  })
  const { done: shards, afterCommit } = await span.follow(transacted)
  if (shards) finish(api, shards, afterCommit)
  return shards !== null
}

/** SQLSTATE: this transaction was chosen to end, so that the others of a circle can go on. */
const DEADLOCK = '40P01'

/**
 * A transaction that Postgres ended for a deadlock is run once more, from its beginning: nothing of the first run is left, and what it had
 * collected for after the commit is forgotten with it. [OPS16] A second deadlock in a row is the caller's, as `unavailable`.
 */
async function transact<Done>(
  api: Pick<Api, 'prisma' | 'logger' | 'turns'>,
  tenantId: TenantId,
  turn: Turn | null,
  work: (tx: TenantTx, afterCommit: (() => void)[]) => Promise<Done>,
): Promise<{ done: Done; afterCommit: (() => void)[] }> {
  for (let attempt = 1; ; attempt++) {
    const afterCommit: (() => void)[] = []
    try {
      const run = () => withTenant(api.prisma, tenantId, (tx) => work(tx, afterCommit))
      return { done: await (turn ? api.turns.run(turn, run) : run()), afterCommit }
    } catch (error) {
      if (attempt === 2 || findSqlState(error) !== DEADLOCK) throw error
      api.logger.warn({ error }, 'a deadlock ended a transaction: it is run once more')
    }
  }
}

type Frame = Pick<ChangeRequest, 'source' | 'traceparent' | 'emits'> & { caller: Caller; mutationId?: string }

/** The command, then what it tells: audit entries, and last the events, so that a channel's head is locked briefly. */
async function carryOut(
  api: Api,
  tx: TenantTx,
  { caller, source, traceparent, emits, mutationId }: Frame,
  afterCommit: (() => void)[],
  command: (change: Change) => Promise<ChangeAnswer>,
) {
  const events = createEventCollector({ traceparent, ...(mutationId === undefined ? {} : { mutationId }) })
  const recorded = new Set<EventType>()
  const expected = new Set<EventType>()
  const audits: AuditEvent[] = []
  const { changedNothing = false, ...answer } = await command(
    createChange(tx, {
      caller,
      revoker: api.revoker,
      record(event: NewEvent) {
        if (!emits.includes(event.type)) throw new Error(`${event.type} is not among what this change emits`)
        recorded.add(event.type)
        events.add(event)
      },
      audit: (event) => audits.push(event),
      expectEvent: (type) => void expected.add(type),
      consequences: api.consequences,
      now: () => api.clock.now(),
      afterCommit: (run) => afterCommit.push(run),
    }),
  )
  requireTold({ emits, recorded, expected, audits: audits.length, changedNothing })
  if (audits.length > 0)
    await tx.auditEntry.createMany({ data: audits.map((event) => toAuditRow(caller, source, event)) })
  const { positions, shards } = await events.flush(fromPrisma(tx))
  const published: Positions = toPositions(positions)
  return { answer, published, shards }
}

function finish(api: Api, shards: readonly number[], afterCommit: readonly (() => void)[]): void {
  if (shards.length > 0) api.wakeRelay(shards)
  for (const run of afterCommit) run()
}

type Told = {
  emits: readonly EventType[]
  recorded: ReadonlySet<EventType>
  expected: ReadonlySet<EventType>
  audits: number
  changedNothing: boolean
}

/** Nothing is answered without an audit entry, nor changed without an event where the route declares any. @throws Error; then nothing was changed. */
function requireTold({ emits, recorded, expected, audits, changedNothing }: Told): void {
  for (const type of expected)
    if (!recorded.has(type)) throw new Error(`a change relies on ${type} to tell of it, and it was not recorded`)
  if (audits === 0) throw new Error('a change without an audit entry')
  if (changedNothing) return
  if (emits.length > 0 && recorded.size === 0) throw new Error('a change that tells nobody')
}
