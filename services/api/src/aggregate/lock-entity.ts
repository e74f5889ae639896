import {
  CodedError,
  SYSTEM_USER_ID,
  mayDo,
  possibleActions,
  startsFrom,
  subjectOf,
  type LocationId,
  type Transition,
} from '@derm/contract'
import { Prisma } from '@derm/database'
import { requireTopic } from '../access/location-scope.ts'
import type { Caller } from '../access/principal.ts'
import { fullTx, requireVersion, type Change } from '../change.ts'
import type { AnyAggregate, ColumnsOf, EntityRow, Model } from './aggregate.ts'

/** A row that this transaction holds until its end: what is decided about it stays true until the commit. */
export type Locked<Columns> = Columns & EntityRow & { readonly [isLocked]: true }
declare const isLocked: unique symbol

/** `by`: the permission. `from`: the statuses that it may start from. `version`: the one that the caller has read. */
export type LockRequest = Pick<Transition, 'by' | 'from'> & { version?: number }

/**
 * Takes an entity's row. All that must hold before a change is checked here, in this order, so that what the caller may not see
 * looks like what does not exist.
 * @throws CodedError `forbidden` (the topic is not the role's), `not_found`, `forbidden` (the action is not), `conflict`, `invalid_transition`.
 */
export async function lockEntity<Name extends Model>(
  change: Change,
  aggregate: AnyAggregate & { model: Name },
  id: string,
  request: LockRequest,
): Promise<Locked<ColumnsOf<Name>>> {
  return (await lockEntities(change, aggregate, id, { ...request, alsoLocks: [] })).entity
}

/**
 * The same, with others of the same kind, of which nothing is asked but that the caller may see them. All are locked in the order of their
 * ids, so that two changes that are about the same ones wait for each other and never in a circle.
 */
export async function lockEntities<Name extends Model>(
  change: Change,
  aggregate: AnyAggregate & { model: Name },
  id: string,
  { by, from, version, alsoLocks }: LockRequest & { alsoLocks: readonly string[] },
): Promise<{ entity: Locked<ColumnsOf<Name>>; others: Locked<ColumnsOf<Name>>[] }> {
  const { caller } = change
  const { topic, scope } = subjectOf(aggregate.subject)
  const granted = requireTopic(caller, topic)
  const rows = (await lockRows(change, aggregate, [id, ...alsoLocks])).filter(
    ({ locationId }) => scope !== 'location' || granted.some((location) => location === locationId),
  )
  const row = rows.find((one) => one.id === id)
  if (!row) throw new CodedError('not_found')
  const at = scope === 'location' ? (row.locationId as LocationId) : null
  requireAction(caller, by, at)
  if (version !== undefined) requireVersion(row.version, version)
  if (!startsFrom({ from }, row.status ?? ''))
    throw new CodedError('invalid_transition', {
      currentStatus: row.status,
      currentVersion: row.version,
      possible: possibleActions(aggregate.transitions, row.status ?? '', (action) => mayDo(caller, action, at)),
    })
  return { entity: row, others: rows.filter((one) => one !== row) }
}

/** Takes the rows that exist, in the order of their ids, for a change whose right to them was checked elsewhere. */
export async function lockRows<Name extends Model>(
  change: Change,
  aggregate: AnyAggregate & { model: Name },
  ids: readonly string[],
): Promise<Locked<ColumnsOf<Name>>[]> {
  const rows = await fullTx(change).$queryRaw<Record<string, unknown>[]>`
    SELECT ${columnsOf(aggregate)} FROM ${Prisma.raw(aggregate.table)}
    WHERE tenant_id = ${change.caller.tenantId}::uuid AND id = ANY(${ids}::uuid[]) ORDER BY id FOR UPDATE`
  return rows.map((columns) => toCamelCase(columns) as Locked<ColumnsOf<Name>>)
}

/**
 * Reads an entity that a new row is to point to. Until the commit nobody can lock it for a change, so that what is decided about it stays
 * true; others may point to it as well.
 */
export async function readReferenced<Name extends Model>(
  change: Change,
  aggregate: AnyAggregate & { model: Name },
  id: string,
): Promise<ColumnsOf<Name> | null> {
  const [columns] = await fullTx(change).$queryRaw<Record<string, unknown>[]>`
    SELECT ${columnsOf(aggregate)} FROM ${Prisma.raw(aggregate.table)}
    WHERE tenant_id = ${change.caller.tenantId}::uuid AND id = ${id}::uuid FOR KEY SHARE`
  return columns ? (toCamelCase(columns) as ColumnsOf<Name>) : null
}

/** What only the system does, no person may. @throws CodedError `forbidden` */
export function requireAction(caller: Caller, action: Transition['by'], at: LocationId | null): void {
  const may = action === 'system' ? caller.userId === SYSTEM_USER_ID : mayDo(caller, action, at)
  if (!may) throw new CodedError('forbidden')
}

/**
 * The columns that this version knows, by name. Prepared as `SELECT *`, the statement would fail on every connection that has it once a
 * migration of the next version adds a column.
 */
function columnsOf({ model }: Pick<AnyAggregate, 'model'>): Prisma.Sql {
  const known = columns.get(model)
  if (known) return known
  const fields = (Prisma as unknown as Record<string, Record<string, string> | undefined>)[
    `${model[0]!.toUpperCase()}${model.slice(1)}ScalarFieldEnum`
  ]
  if (!fields) throw new Error(`${model} is no model of the database`)
  const named = Prisma.raw(Object.keys(fields).map(snake).join(', '))
  columns.set(model, named)
  return named
}
const columns = new Map<Model, Prisma.Sql>()

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

function toCamelCase(columns: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(columns).map(([name, value]) => [camel(name), value]))
}
