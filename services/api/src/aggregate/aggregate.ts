import type { ErrorCode, EventType, SubjectType, Transition, TransitionTable } from '@derm/contract'
import { definitionOf, subjectOf, type EventData, type EventPrevious } from '@derm/contract'
import type { Prisma, PrismaClient, TenantTx } from '@derm/database'
import type { z } from 'zod'

/**
 * An aggregate: one kind of entity, with its table, its states and its answers. From this one description follow its reads
 * (`defineEntityReads`) and its changes (`defineEntityChanges`), with their checks of access, version and status, their locks, events and
 * audit entries.
 *
 * Terms: *row* is what the database gives, with what the view includes; *entity* is the answer that the contract declares; *thin data* is
 * what an event may carry of it.
 */
export type Model = {
  [Name in keyof PrismaClient & string]: PrismaClient[Name] extends { findUniqueOrThrow: unknown } ? Name : never
}[keyof PrismaClient & string]

/** A row with what `View` includes. */
export type RowOf<Name extends Model, View> = Prisma.Result<PrismaClient[Name], { include: View }, 'findUniqueOrThrow'>
/** The row's own columns, as a lock reads them. */
export type ColumnsOf<Name extends Model> = Prisma.Result<PrismaClient[Name], object, 'findUniqueOrThrow'>
/**
 * Relations to rows that are part of their entity: they have no version of their own, and are only ever added. They are written and shown
 * with the entity. Any other row is an entity's own, and is written by its own aggregate.
 */
type Parts = 'entries'
type RawCreate<Name extends Model> = Extract<Prisma.Args<PrismaClient[Name], 'create'>['data'], { tenantId: string }>
type PartsOf<Name extends Model> = {
  [Part in Parts & keyof RawCreate<Name>]?: NonNullable<RawCreate<Name>[Part]> extends { create?: infer Rows }
    ? { create: NonNullable<Rows> }
    : never
}
export type CreateOf<Name extends Model> = Omit<
  Pick<RawCreate<Name>, keyof RawCreate<Name> & keyof ColumnsOf<Name>>,
  'tenantId' | 'version' | 'status'
> &
  PartsOf<Name>
/** Without the location: an event is told where the entity is, so one that moved would stay on the boards that it left. */
export type UpdateOf<Name extends Model> = Omit<
  Partial<ColumnsOf<Name>>,
  'id' | 'tenantId' | 'locationId' | 'version' | 'status' | 'createdAt' | 'updatedAt'
> &
  PartsOf<Name>
export type WhereOf<Name extends Model> = NonNullable<Prisma.Args<PrismaClient[Name], 'findMany'>['where']>

/** What every entity's row has. `locationId`: where the subject's scope is a location. */
export type EntityRow = { id: string; version: number; locationId?: string; status?: string }

export type Aggregate<
  Name extends Model = Model,
  View = unknown,
  Entity = unknown,
  Thin = unknown,
  Table extends TransitionTable = TransitionTable,
> = {
  subject: SubjectType
  /** Prisma's name of the table. */
  model: Name
  /** Postgres' name of the table. */
  table: string
  transitions: Table
  /** The Prisma include of everything that an answer shows. */
  view: View
  /** The schema of the answers. */
  entity: z.ZodType<Entity, Entity>
  toEntity: (row: RowOf<Name, View>) => Entity
  /** What events carry. Codes and ids, never words. */
  toThinData: (row: RowOf<Name, View>) => Thin
  /** What a database constraint's SQLSTATE means to the caller. */
  onConflict?: Readonly<Record<string, ErrorCode>>
}

/** Any aggregate, for code that treats all alike. */
export type AnyAggregate = Pick<Aggregate, 'subject' | 'model' | 'table' | 'transitions' | 'onConflict'>

/**
 * Declares an aggregate.
 * @throws at start-up when its table tells of another subject's events, or when a creation does not say where.
 */
export function defineAggregate<
  const Name extends Model,
  const View,
  Entity extends { id: string; version: number },
  Thin,
  const Table extends TransitionTable,
>(aggregate: Aggregate<Name, View, Entity, Thin, Table>): Aggregate<Name, View, Entity, Thin, Table> {
  const { subject, transitions } = aggregate
  for (const [action, row] of Object.entries(transitions)) {
    if (definitionOf(row.event).subject !== subject)
      throw new Error(`${subject}.${action}: ${row.event} is not about a ${subject}`)
    if (row.from === 'new' && subjectOf(subject).scope === 'location' && !hasField(row.requires, 'locationId'))
      throw new Error(`${subject}.${action}: a creation in a location's topic needs locationId in its request`)
  }
  return aggregate
}

function hasField(schema: z.ZodType, name: string): boolean {
  return Object.hasOwn((schema as { shape?: object }).shape ?? {}, name)
}

/** The word that the audit log uses for the subject: `appointment.check-in`, `waitlist_entry.list`. */
export function toAuditAction({ subject }: Pick<AnyAggregate, 'subject'>, action: string): string {
  return `${subject}.${action}`
}

/** The delegate of a model, with the few calls that the mechanism makes. Prisma's own generics cannot be chosen by a variable. */
export type Delegate<Row> = {
  findMany(args: { where: object; orderBy: object[]; take: number; include: unknown }): Promise<Row[]>
  findUnique(args: { where: { id: string; tenantId: string }; include: unknown }): Promise<Row | null>
  create(args: { data: object; include: unknown }): Promise<Row>
  update(args: { where: { id: string; tenantId: string }; data: object; include: unknown }): Promise<Row>
  updateManyAndReturn(args: { where: object; data: object }): Promise<Row[]>
}
export function delegateOf<Row>(tx: TenantTx, { model }: Pick<AnyAggregate, 'model'>): Delegate<Row> {
  return tx[model as keyof TenantTx] as unknown as Delegate<Row>
}

/** The part of an event's data that the thin data lacks; nothing when it has all. */
export type ExtraData<Thin, Type extends EventType> =
  Thin extends EventData<Type> ? object : { event: Omit<EventData<Type>, keyof Thin> & Partial<EventData<Type>> }

/** The status after an action that leaves the choice to its handler. */
export type ChosenStatus<Row extends Transition> = Row['to'] extends readonly (infer Status)[]
  ? { status: Status }
  : object

/** What stood before, where the mechanism cannot know it: it knows the status. */
export type ExtraPrevious<Type extends EventType> =
  EventPrevious<Type> extends undefined | { status: string | null }
    ? object
    : { previous: Omit<EventPrevious<Type> & object, 'status'> }
