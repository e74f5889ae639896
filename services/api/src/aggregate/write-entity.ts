import {
  CodedError,
  definitionOf,
  makeEvent,
  subjectOf,
  type EventInput,
  type EventType,
  type LocationId,
  type Transition,
} from '@derm/contract'
import { findSqlState } from '../database-error.ts'
import { fullTx, type Change } from '../change.ts'
import {
  delegateOf,
  toAuditAction,
  type Aggregate,
  type AnyAggregate,
  type EntityRow,
  type Model,
  type RowOf,
  type UpdateOf,
  type WhereOf,
} from './aggregate.ts'
import type { Locked } from './lock-entity.ts'

/** What a change of one entity tells besides its thin data. */
export type Telling = { event?: object; previous?: object }

/**
 * Creates an entity, and tells of it: the row, its event and its audit entry are one thing.
 * `at`: where, in a location's topic; the caller's right to do this there was checked by the route.
 */
export async function createEntity<Name extends Model, View, Entity, Thin>(
  change: Change,
  aggregate: Aggregate<Name, View, Entity, Thin>,
  action: string,
  data: object,
  telling: Telling = {},
): Promise<RowOf<Name, View>> {
  const { event } = transitionOf(aggregate, action)
  const row = await guardConflicts(aggregate, () =>
    delegateOf<RowOf<Name, View> & EntityRow>(fullTx(change), aggregate).create({
      data: { ...data, tenantId: change.caller.tenantId, ...statusAfter(aggregate, action, data) },
      include: aggregate.view,
    }),
  )
  // Of a new one, nothing stood before.
  if ('status' in (definitionOf(event).previous?.shape ?? {})) telling = { ...telling, previous: { status: null } }
  await tell(change, aggregate, { action, event, row, telling })
  return row
}

/** Writes to a locked entity: the next version, the status that the table says, the event, the audit entry. */
export async function writeEntity<Name extends Model, View, Entity, Thin>(
  change: Change,
  aggregate: Aggregate<Name, View, Entity, Thin>,
  action: string,
  before: Locked<EntityRow>,
  data: object,
  { event: extra, previous }: Telling = {},
): Promise<RowOf<Name, View>> {
  const { event } = transitionOf(aggregate, action)
  const row = await update(change, aggregate, before, { ...data, ...statusAfter(aggregate, action, data) })
  const asks = definitionOf(event).previous?.shape
  const told = asks ? { previous: { ...('status' in asks ? { status: before.status } : {}), ...previous } } : {}
  await tell(change, aggregate, { action, event, row, telling: { ...(extra ? { event: extra } : {}), ...told } })
  return row
}

/**
 * Writes to a locked entity as part of another entity's change, whose event tells of both: it must make this one's resource stale,
 * else the change would go unseen.
 * @throws Error when `toldBy` does not.
 */
export async function writeAlong<Name extends Model, View, Entity, Thin>(
  change: Change,
  aggregate: Aggregate<Name, View, Entity, Thin>,
  action: string,
  before: Locked<EntityRow>,
  data: object,
  toldBy: EventType,
): Promise<void> {
  requireTold(aggregate, toldBy)
  const row = await update(change, aggregate, before, data)
  change.expectEvent(toldBy)
  auditEntity(change, aggregate, action, row)
}

/** The same for all entities that `where` finds, whatever their locations: each gets its next version and its audit entry. Answers how many. */
export async function writeAllAlong<Name extends Model, View, Entity, Thin>(
  change: Change,
  aggregate: Aggregate<Name, View, Entity, Thin>,
  action: string,
  { where, data }: { where: WhereOf<Name>; data: UpdateOf<Name> },
  toldBy: EventType,
): Promise<number> {
  requireTold(aggregate, toldBy)
  const rows = await guardConflicts(aggregate, () =>
    delegateOf<RowOf<Name, View> & EntityRow>(fullTx(change), aggregate).updateManyAndReturn({
      where: { AND: [{ tenantId: change.caller.tenantId }, where] },
      data: { ...data, version: { increment: 1 } },
    }),
  )
  if (rows.length > 0) change.expectEvent(toldBy)
  for (const row of rows) auditEntity(change, aggregate, action, row)
  return rows.length
}

function requireTold({ subject }: AnyAggregate, toldBy: EventType): void {
  if (!definitionOf(toldBy).invalidates.includes(subjectOf(subject).resource))
    throw new Error(`${toldBy} does not make a ${subject} stale, so it cannot tell of its change`)
}

async function update<Name extends Model, View, Entity, Thin>(
  change: Change,
  aggregate: Aggregate<Name, View, Entity, Thin>,
  before: Locked<EntityRow>,
  data: object,
): Promise<RowOf<Name, View> & EntityRow> {
  return guardConflicts(aggregate, () =>
    delegateOf<RowOf<Name, View> & EntityRow>(fullTx(change), aggregate).update({
      where: { id: before.id, tenantId: change.caller.tenantId },
      data: { ...data, version: { increment: 1 } },
      include: aggregate.view,
    }),
  )
}

type Told<Row> = { action: string; event: EventType; row: Row; telling: Telling }

/** The event, the audit entry, and what the event brings about elsewhere. */
async function tell<Name extends Model, View, Entity, Thin>(
  change: Change,
  aggregate: Aggregate<Name, View, Entity, Thin>,
  { action, event, row, telling }: Told<RowOf<Name, View> & EntityRow>,
): Promise<void> {
  const { caller } = change
  change.record(
    makeEvent(event, {
      tenantId: caller.tenantId,
      ...(row.locationId === undefined ? {} : { locationId: row.locationId as LocationId }),
      actorId: caller.userId,
      subject: { id: row.id, version: row.version },
      data: { ...aggregate.toThinData(row), ...telling.event },
      ...(telling.previous === undefined ? {} : { previous: telling.previous }),
    } as unknown as EventInput<EventType>),
  )
  auditEntity(change, aggregate, action, row)
  for (const { of, run } of change.consequences) if (of.includes(event)) await run(change, row.id, event)
}

/** Notes in the audit log who did what to an entity, or was shown it. */
export function auditEntity(change: Change, aggregate: AnyAggregate, action: string, row: EntityRow): void {
  change.audit({
    action: toAuditAction(aggregate, action),
    subjectType: aggregate.subject,
    subjectId: row.id,
    ...(row.locationId === undefined ? {} : { locationId: row.locationId }),
  })
}

function transitionOf({ subject, transitions }: AnyAggregate, action: string): Transition {
  const row = transitions[action]
  if (!row) throw new Error(`a ${subject} has no action ${action}`)
  return row
}

/** The status that the table says. Of several, the one that the handler chose. */
function statusAfter(aggregate: AnyAggregate, action: string, data: object): { status?: string } {
  const { to } = transitionOf(aggregate, action)
  if (to === 'same') return {}
  if (typeof to === 'string') return { status: to }
  const { status } = data as { status?: string }
  if (status === undefined || !to.includes(status))
    throw new Error(`${aggregate.subject}.${action}: ${String(status)} is no status that it leads to`)
  return { status }
}

/** The database decides about what must be unique: a check before the write would lose a race. */
async function guardConflicts<Row>({ onConflict = {} }: AnyAggregate, run: () => Promise<Row>): Promise<Row> {
  try {
    return await run()
  } catch (error) {
    const code = onConflict[findSqlState(error) ?? '']
    if (code) throw new CodedError(code, {}, { cause: error })
    throw error
  }
}
