import { z } from 'zod'
import type { EmptyRequest } from '@derm/contract'
import {
  CodedError,
  Id,
  hasRoute,
  subjectOf,
  type ErrorCode,
  type EventType,
  type LocationId,
  type RoutedTransition,
  type Transition,
  type TransitionTable,
} from '@derm/contract'
import { requireLocation, requireTopic } from '../access/location-scope.ts'
import { defineChange, type Changed } from '../http/change-route.ts'
import type { Route } from '../http/route.ts'
import { fullTx, type Change } from '../change.ts'
import {
  delegateOf,
  type Aggregate,
  type ChosenStatus,
  type ColumnsOf,
  type CreateOf,
  type EntityRow,
  type ExtraData,
  type ExtraPrevious,
  type Model,
  type RowOf,
  type UpdateOf,
} from './aggregate.ts'
import { lockEntities, requireAction, type Locked } from './lock-entity.ts'
import { auditEntity, createEntity, writeEntity, type Telling } from './write-entity.ts'

type BodyOf<Row extends Transition> = z.infer<Row['requires']>
type Awaitable<Value> = Value | Promise<Value>

/** What a creation writes, and what its event carries beyond the thin data. */
type Created<Name extends Model, Thin, Row extends Transition> = {
  data: CreateOf<Name> & ChosenStatus<Row>
} & ExtraData<Thin, Row['event']>
/** What a change writes. `null`: the entity says it already, so nothing is written and nothing is told. */
type Written<Name extends Model, Thin, Row extends Transition> =
  ({ data: UpdateOf<Name> & ChosenStatus<Row> } & ExtraData<Thin, Row['event']> & ExtraPrevious<Row['event']>) | null

/** Decides what an action writes. The lock, the checks, the version, the event and the audit entry are the mechanism's. */
type Handler<Name extends Model, View, Thin, Row extends Transition> = Row['from'] extends 'new'
  ? {
      run: (input: { change: Change; body: BodyOf<Row>; locationId: LocationId }) => Awaitable<Created<Name, Thin, Row>>
      /** What else the same transaction changes, once the entity is there. */
      after?: (input: { change: Change; body: BodyOf<Row>; row: RowOf<Name, View> }) => Promise<void>
    }
  : {
      /** The ids of others of the same kind that it is about: they are locked with it, and are `others` then, those that exist. */
      alsoLocks?: (body: BodyOf<Row>) => readonly string[]
      run: (input: Locking<Name> & { change: Change; body: BodyOf<Row> }) => Awaitable<Written<Name, Thin, Row>>
      /** What else the same transaction changes. */
      after?: (input: Locking<Name> & { change: Change; body: BodyOf<Row>; row: RowOf<Name, View> }) => Promise<void>
    }
type Locking<Name extends Model> = { before: Locked<ColumnsOf<Name>>; others: readonly Locked<ColumnsOf<Name>>[] }

/** An action whose request is empty and whose event has all it needs is a mere change of status. */
type IsPlain<Thin, Row extends Transition> = typeof EmptyRequest extends Row['requires']
  ? object extends ExtraData<Thin, Row['event']> & ExtraPrevious<Row['event']>
    ? true
    : false
  : false

/** The actions that have a route: those that a person may do. */
type RouteOf<Table extends TransitionTable> = {
  [Name in keyof Table as Table[Name]['by'] extends 'system' ? never : Name]: Table[Name]
}

export type Handlers<Name extends Model, View, Thin, AllActions extends TransitionTable> = HandlersOf<
  Name,
  View,
  Thin,
  RouteOf<AllActions>
>

type HandlersOf<Name extends Model, View, Thin, Table extends TransitionTable> = {
  [Action in keyof Table as IsPlain<Thin, Table[Action]> extends true ? never : Action]: Handler<
    Name,
    View,
    Thin,
    Table[Action]
  >
} & {
  [Action in keyof Table as IsPlain<Thin, Table[Action]> extends true ? Action : never]?: Handler<
    Name,
    View,
    Thin,
    Table[Action]
  >
}

type AnyHandler = {
  alsoLocks?: (body: unknown) => readonly string[]
  run: (input: object) => Awaitable<({ data: object } & Telling) | null>
  after?: (input: object) => Promise<void>
}

const params = z.strictObject({ id: Id })

/** Codes that a handler may add, by action; the mechanism's own are known. */
type Also<Table> = {
  errors?: Partial<Record<keyof Table, readonly ErrorCode[]>>
  emits?: Partial<Record<keyof Table, readonly EventType[]>>
}

/** The routes of an aggregate's transition table. An action with a request of its own does not compile without a handler. */
export function defineEntityChanges<
  Name extends Model,
  View,
  Entity extends { id: string; version: number },
  Thin,
  Table extends TransitionTable,
>(
  aggregate: Aggregate<Name, View, Entity, Thin, Table>,
  handlers: Handlers<Name, View, Thin, Table>,
  also: Also<Table> = {},
): readonly Route[] {
  return Object.entries(aggregate.transitions as TransitionTable).flatMap(([action, row]) => {
    if (!hasRoute(row)) return []
    const handler = (handlers as Record<string, AnyHandler | undefined>)[action] ?? PLAIN
    const more = {
      errors: also.errors?.[action] ?? [],
      emits: [row.event, ...(also.emits?.[action] ?? [])],
    }
    return row.from === 'new'
      ? defineCreate(aggregate as never, action, row, handler, more)
      : defineAction(aggregate as never, action, row, handler, more)
  })
}

const PLAIN: AnyHandler = { run: () => ({ data: {} }) }

type More = { errors: readonly ErrorCode[]; emits: readonly EventType[] }
type Some = Aggregate<Model, unknown, { id: string; version: number }, object>

function defineCreate(aggregate: Some, action: string, row: RoutedTransition, handler: AnyHandler, more: More): Route {
  const { path, topic, scope, resource } = subjectOf(aggregate.subject)
  return defineChange(
    {
      method: 'post',
      path: action === 'create' ? path : `${path}/${action}`,
      tag: resource,
      summary: row.summary,
      body: row.requires,
      emits: more.emits,
      action: row.by,
      answer: { status: 201, schema: aggregate.entity, description: 'It, new.' },
      errors: ['forbidden', 'not_found', ...more.errors],
    },
    async (change, { body }) => {
      requireTopic(change.caller, topic)
      const locationId =
        scope === 'location' ? requireLocation(change.caller, topic, (body as { locationId: string }).locationId) : null
      requireAction(change.caller, row.by, locationId)
      const created = await handler.run({ change, body, locationId })
      if (!created) throw new Error(`${aggregate.subject}.${action}: a creation creates`)
      const { data, ...telling } = created
      const stored = await createEntity(
        change,
        aggregate,
        action,
        { ...data, ...(locationId === null ? {} : { locationId }) },
        telling,
      )
      await handler.after?.({ change, body, row: stored })
      const entity = aggregate.toEntity(stored)
      return { body: entity, version: entity.version, location: `/api/v1${path}/${entity.id}` }
    },
  )
}

function defineAction(aggregate: Some, action: string, row: RoutedTransition, handler: AnyHandler, more: More): Route {
  const { path, resource } = subjectOf(aggregate.subject)
  const isUpdate = action === 'update'
  return defineChange(
    {
      method: isUpdate ? 'patch' : 'post',
      path: isUpdate ? `${path}/:id` : `${path}/:id/${action}`,
      tag: resource,
      summary: row.summary,
      params,
      body: row.requires,
      emits: more.emits,
      action: row.by,
      isConditional: true,
      answer: { status: 200, schema: aggregate.entity, description: 'It, after the change.' },
      errors: [
        'forbidden',
        'not_found',
        'conflict',
        ...(row.from === 'any' ? [] : (['invalid_transition'] as const)),
        ...more.errors,
      ],
    },
    async (change, { params: { id }, version, body }) => {
      const request = { ...row, version, alsoLocks: handler.alsoLocks?.(body) ?? [] }
      const { entity, others } = await lockEntities(change, aggregate, id, request)
      const before = entity as unknown as Locked<EntityRow>
      const written = await handler.run({ change, body, before, others })
      if (!written) {
        const unchanged = await readAgain(change, aggregate, id)
        auditEntity(change, aggregate, 'read', unchanged)
        return { ...toAnswer(aggregate, unchanged), changedNothing: true }
      }
      const { data, ...telling } = written
      const stored = await writeEntity(change, aggregate, action, before, data, telling)
      await handler.after?.({ change, body, before, others, row: stored })
      return toAnswer(aggregate, stored)
    },
  )
}

function toAnswer(aggregate: Some, row: RowOf<Model, unknown>): Changed<{ id: string; version: number }> {
  const entity = aggregate.toEntity(row)
  return { body: entity, version: entity.version }
}

/** The locked entity as its view shows it. */
async function readAgain(change: Change, aggregate: Some, id: string): Promise<RowOf<Model, unknown> & EntityRow> {
  const row = await delegateOf<RowOf<Model, unknown> & EntityRow>(fullTx(change), aggregate).findUnique({
    where: { id, tenantId: change.caller.tenantId },
    include: aggregate.view,
  })
  if (!row) throw new CodedError('not_found')
  return row
}
