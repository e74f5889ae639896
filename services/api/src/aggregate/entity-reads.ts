import { z } from 'zod'
import { CodedError, Id, listOf, subjectOf, type ErrorCode, type LocationId } from '@derm/contract'
import type { TenantTx } from '@derm/database'
import { requireLocation, requireTopic } from '../access/location-scope.ts'
import type { Caller } from '../access/principal.ts'
import { decodeCursor, toPage } from '../http/cursor.ts'
import { defineRead, type ReadPlace } from '../http/read-route.ts'
import type { Route } from '../http/route.ts'
import {
  delegateOf,
  toAuditAction,
  type Aggregate,
  type EntityRow,
  type Model,
  type RowOf,
  type WhereOf,
} from './aggregate.ts'

/** A list's sort column, ascending, with the id to break ties. `time`: a timestamp; `text`: compared as the column's collation does. */
export type Sort = { by: string; is: 'time' | 'text' }

export type ListRead<Name extends Model, Query extends z.ZodObject> = {
  summary: string
  query: Query
  /** The rows asked for. Tenant and location are added; it need not know of them. @throws CodedError `validation_failed` */
  where: (query: z.infer<Query>) => WhereOf<Name>
  sort: Sort
  /** Counts and codes for the audit log, besides the number of rows. */
  details?: (query: z.infer<Query>) => Record<string, string>
}

/** Declares a list of an aggregate's, checked against its columns. */
export function defineList<Name extends Model, View, Entity, Thin, Query extends z.ZodObject>(
  _aggregate: Aggregate<Name, View, Entity, Thin>,
  list: ListRead<Name, Query>,
): ListRead<Name, Query> {
  return list
}

const params = z.strictObject({ id: Id })
const errors: readonly ErrorCode[] = ['forbidden', 'not_found']

/**
 * An aggregate's list and single read. Who may see them, the channels that feed them, the location's wall, paging, the entity tag and the
 * audit entry follow from the aggregate.
 *
 * In a location's topic a query with `locationId` is about that location; without it, about all that the caller may see.
 */
export function defineEntityReads<
  Name extends Model,
  View,
  Entity extends { id: string; version: number },
  Thin,
  Query extends z.ZodObject,
>(aggregate: Aggregate<Name, View, Entity, Thin>, { list }: { list?: ListRead<Name, Query> }): readonly Route[] {
  return [...(list ? [defineListRoute(aggregate, list)] : []), defineGet(aggregate)]
}

function defineListRoute<Name extends Model, View, Entity, Thin, Query extends z.ZodObject>(
  aggregate: Aggregate<Name, View, Entity, Thin>,
  read: ListRead<Name, Query>,
): Route {
  const { summary, query: schema, details } = read
  const { path, topic, resource, scope } = subjectOf(aggregate.subject)
  const placeOf = (query: object) => (query as { locationId?: string }).locationId
  return defineRead(
    {
      method: 'get',
      path,
      tag: resource,
      summary,
      query: schema,
      answer: { status: 200, schema: listOf(aggregate.entity), description: `A page of ${resource}.` },
      errors,
    },
    {
      shows: [resource],
      own: topic,
      at: ({ caller }, { query }) => {
        const locationId = placeOf(query)
        if (scope === 'location' && locationId !== undefined) return requireLocation(caller, topic, locationId)
        requireTopic(caller, topic)
        return '*'
      },
      loadShared: (tx, { query }, place) => readPage(tx, aggregate, read, query as PageQuery & z.infer<Query>, place),
      audit: ({ items }, { query }) => ({
        action: toAuditAction(aggregate, 'list'),
        subjectType: aggregate.subject,
        ...(placeOf(query) === undefined ? {} : { locationId: placeOf(query) as string }),
        details: { count: items.length, ...details?.(query as z.infer<Query>) },
      }),
    },
  )
}

type PageQuery = { cursor?: string | undefined; limit: number }

/** One page of a list, as its route reads it: within the place's locations, and within the transaction's tenant. */
export async function readPage<Name extends Model, View, Entity, Thin, Query>(
  tx: TenantTx,
  aggregate: Aggregate<Name, View, Entity, Thin>,
  { where, sort }: { where: (query: Query) => WhereOf<Name>; sort: Sort },
  query: PageQuery & NoInfer<Query>,
  { tenantId, at, locations }: ReadPlace,
): Promise<{ items: Entity[]; nextCursor: string | null }> {
  const { cursor, limit } = query
  const { scope } = subjectOf(aggregate.subject)
  const page = decodeCursor(cursor, [sort.is === 'time' ? z.iso.datetime() : z.string().max(300), Id])
  const rows = await delegateOf<RowOf<Name, View> & EntityRow>(tx, aggregate).findMany({
    where: {
      AND: [
        { tenantId },
        scope === 'location' ? { locationId: at === '*' ? { in: [...locations] } : at } : {},
        where(query),
        page ? after(sort, page[0], page[1]) : {},
      ],
    },
    orderBy: [{ [sort.by]: 'asc' }, { id: 'asc' }],
    take: limit + 1,
    include: aggregate.view,
  })
  return toPage(rows, limit, (row) => [toKey(row, sort), row.id], aggregate.toEntity)
}

function defineGet<Name extends Model, View, Entity extends { id: string; version: number }, Thin>(
  aggregate: Aggregate<Name, View, Entity, Thin>,
): Route {
  const { path, topic, resource } = subjectOf(aggregate.subject)
  return defineRead(
    {
      method: 'get',
      path: `${path}/:id`,
      tag: resource,
      summary: `One of the ${resource}`,
      params,
      answer: { status: 200, schema: aggregate.entity, description: 'It, with its version.' },
      errors,
    },
    {
      shows: [resource],
      own: topic,
      at: ({ tx, caller }, { params: { id } }) => locateEntity(tx, caller, aggregate, id),
      loadShared: async (tx, { params: { id } }, { tenantId }) => {
        const row = await delegateOf<RowOf<Name, View>>(tx, aggregate).findUnique({
          where: { id, tenantId },
          include: aggregate.view,
        })
        if (!row) throw new CodedError('not_found')
        return aggregate.toEntity(row)
      },
      versionOf: ({ version }) => version,
      audit: (entity) => ({
        action: toAuditAction(aggregate, 'read'),
        subjectType: aggregate.subject,
        subjectId: entity.id,
        ...locationOf(entity),
      }),
    },
  )
}

const locationOf = (entity: object) => {
  const { locationId } = entity as { locationId?: string }
  return locationId === undefined ? {} : { locationId }
}

/**
 * Where an entity belongs, which never changes while it is read; `'*'` for what belongs to the whole tenant. What the caller may not see is
 * not there. @throws CodedError `forbidden`, `not_found`
 */
async function locateEntity(
  tx: TenantTx,
  caller: Caller,
  aggregate: Pick<Aggregate, 'subject' | 'model'>,
  id: string,
): Promise<LocationId | '*'> {
  const { topic, scope } = subjectOf(aggregate.subject)
  const granted = requireTopic(caller, topic)
  if (scope !== 'location') return '*'
  const row = await delegateOf<EntityRow>(tx, aggregate).findUnique({
    where: { id, tenantId: caller.tenantId },
    include: undefined,
  })
  const location = granted.find((known) => known === row?.locationId)
  if (!location) throw new CodedError('not_found')
  return location
}

function after({ by, is }: Sort, key: string, id: string): object {
  const value = is === 'time' ? new Date(key) : key
  return { OR: [{ [by]: { gt: value } }, { [by]: value, id: { gt: id } }] }
}

function toKey(row: object, { by }: Sort): string {
  const value = (row as Record<string, unknown>)[by]
  return value instanceof Date ? value.toISOString() : String(value)
}
