import type { Request } from 'express'
import type { z } from 'zod'
import type { Action, ErrorCode, EventType, Resource, Topic } from '@derm/contract'
import type { Api } from '../api.ts'
import type { AuditSource } from '../audit/audit-row.ts'
import type { VerifiedToken } from '@derm/auth'
import type { Turn } from '../limits/database-turns.ts'
import type { ClientAddress } from '@derm/runtime'

/**
 * A route is declared once: from the declaration it is mounted, its input is parsed, and OpenAPI is written, so that the
 * three cannot drift apart. Paths are below `/api/v1`, with Express' `:id`.
 */
export type Declaration = {
  method: 'get' | 'post' | 'patch'
  path: string
  tag: string
  summary: string
  /** `bearer`: an access token. `cookie`: the refresh cookie, and so a check of the Origin. */
  auth: 'bearer' | 'cookie' | 'none'
  params?: z.ZodObject
  query?: z.ZodObject
  body?: z.ZodType
  answer: { status: 200 | 201 | 204; schema?: z.ZodType; description: string }
  /** Codes besides those that follow from the rest of the declaration. */
  errors?: readonly ErrorCode[]
  /** Requires `If-Match` with the entity's version. */
  isConditional?: boolean
  /** Reads carry `As-Of`, changes `Published`. */
  kind: 'read' | 'change' | 'plain'
  /** Of a change: every event that it may tell of. What it does not name, it cannot record. */
  emits?: readonly EventType[]
  /** Of a change: the row of the permission table that decides who may. */
  action?: Action
  /** Of a read: the resources that it shows, and the topic that lets a role see them. */
  shows?: readonly Resource[]
  own?: Topic
}

/** The positions of a read or write, and how to write them, follow from `kind`; here is only what the handler decides. */
export type Reply = { status: number; headers?: Record<string, string>; body?: unknown; cookies?: readonly string[] }

/** One request, with what was parsed of it. */
export type Exchange = {
  api: Api
  request: Request
  requestId: string
  traceparent: string
  /** Who is at the other end, as far as trusted proxies say. */
  from: ClientAddress
  /** The same for the audit log. */
  source: AuditSource
  /** Of a route with `auth: 'bearer'`: whose request it is. */
  token: VerifiedToken | null
  turn: Turn
  giveBackShare: () => void
  params: unknown
  query: unknown
  body: unknown
}

export type Route = Declaration & { handle: (exchange: Exchange) => Promise<Reply> }

/** What a declaration's schemas parse to. */
export type Input<D extends Declaration> = {
  params: D['params'] extends z.ZodType ? z.infer<D['params']> : Record<string, never>
  query: D['query'] extends z.ZodType ? z.infer<D['query']> : Record<string, never>
  body: D['body'] extends z.ZodType ? z.infer<D['body']> : undefined
}

/** Declares a route that is neither a read of data nor a change of it under the tenant's transaction. */
export function definePlain<const D extends Omit<Declaration, 'kind'>>(
  declaration: D,
  handle: (exchange: Exchange, input: Input<D & Declaration>) => Promise<Reply>,
): Route {
  return { ...declaration, kind: 'plain', handle: (exchange) => handle(exchange, inputOf<D & Declaration>(exchange)) }
}

/** The token of a route with `auth: 'bearer'`, which is not handled without one. */
export function tokenOf({ token }: Exchange): VerifiedToken {
  if (!token) throw new Error('a route that asks for no token has none')
  return token
}

export function inputOf<D extends Declaration>(exchange: Exchange): Input<D> {
  return { params: exchange.params, query: exchange.query, body: exchange.body } as Input<D>
}
