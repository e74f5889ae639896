import { Router, type Request, type RequestHandler, type Response } from 'express'
import { z } from 'zod'
import { CodedError } from '@derm/contract'
import type { Api } from '../api.ts'
import { readClientAddress, toAuditAddress } from './client-address.ts'
import { requireKnownOrigin } from './origins.ts'
import type { Reply, Route } from './route.ts'

/** A router with every route of the table; another method on one of its paths is 405. */
export function mountRoutes(api: Api, routes: readonly Route[]): Router {
  const router = Router({ caseSensitive: true })
  const methods = new Map<string, string[]>()
  for (const route of routes) {
    methods.set(route.path, [...(methods.get(route.path) ?? []), route.method.toUpperCase()])
    router[route.method](route.path, createHandler(api, route))
  }
  for (const [path, allowed] of methods)
    router.all(path, (request, response) => {
      response.set('Allow', allowed.join(', '))
      if (request.method !== 'OPTIONS') throw new CodedError('method_not_allowed')
      response.status(204).end()
    })
  return router
}

function createHandler(api: Api, route: Route): RequestHandler {
  return async (request, response) => {
    const { requestId, traceparent } = response.locals as { requestId: string; traceparent: string }
    response.locals['route'] = route.path
    if (route.auth !== 'bearer') requireKnownOrigin(request, api.origins)
    const from = readClientAddress(request)
    const reply = await route.handle({
      api,
      request,
      requestId,
      traceparent,
      from,
      source: { requestId, address: toAuditAddress(from, api.auditAddresses) },
      params: parseParams(route, request),
      query: parse('query', route.query ?? NOTHING, request.query),
      body: parseBody(route, request),
    })
    if (api.checksAnswers) checkAnswer(route, reply)
    sendReply(response, reply)
  }
}

const NOTHING = z.strictObject({})

/** An id that is no id belongs to nothing. */
function parseParams(route: Route, request: Request): unknown {
  if (!route.params) return {}
  const parsed = route.params.safeParse(request.params)
  if (!parsed.success) throw new CodedError('not_found')
  return parsed.data
}

function parseBody(route: Route, request: Request): unknown {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  if (hasBody && !request.is('application/json')) throw new CodedError('unsupported_media_type')
  return route.body ? parse('body', route.body, request.body === undefined ? {} : request.body) : undefined
}

/** The faults name fields and rules; they do not repeat what was sent. */
function parse(where: 'query' | 'body', schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues
    .slice(0, 20)
    .map(({ path, message }) => ({ in: where, path: path.join('.'), message }))
  throw new CodedError('validation_failed', { errors })
}

function checkAnswer({ answer, method, path }: Route, { status, body }: Reply): void {
  if (status === 304) return
  const isDeclared =
    status === answer.status && (answer.schema ? answer.schema.safeParse(body).success : body === undefined)
  if (!isDeclared) throw new Error(`${method} ${path} answers other than it declares`)
}

function sendReply(response: Response, { status, headers = {}, body, cookies = [] }: Reply): void {
  response.status(status).set({ 'Cache-Control': 'no-store', ...headers })
  for (const cookie of cookies) response.append('Set-Cookie', cookie)
  if (body === undefined) response.end()
  else response.set('Content-Type', 'application/json; charset=utf-8').send(JSON.stringify(body))
}
