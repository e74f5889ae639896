import { Router, type Request, type RequestHandler, type Response } from 'express'
import { z } from 'zod'
import type { VerifiedToken } from '@derm/auth'
import { CodedError } from '@derm/contract'
import type { Api } from '../api.ts'
import { noteRefusal } from '../audit/note-refusal.ts'
import { admit, enter } from './admit.ts'
import { requireToken } from './bearer.ts'
import { readClientAddress, toAuditAddress, type ClientAddress } from '@derm/runtime'
import { codesOf } from './codes-of.ts'
import { toCodedError } from '../database-error.ts'
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
    const from = readClientAddress(request, api.isTrustedProxy)
    const source = { requestId, address: toAuditAddress(from, api.auditAddresses) }
    const token = route.auth === 'bearer' ? await identify(api, request, from) : null
    if (!token) await enter(api, { token, from })
    Object.assign(response.locals, { from, token })
    const params = parseParams(route, request)
    const handle = async () => {
      const input = { query: parse('query', route.query ?? NOTHING, request.query), body: parseBody(route, request) }
      const admitted = await admit(api, route, { token, from, signal: signalOf(response) }, input)
      return route.handle({ api, request, requestId, traceparent, from, source, token, ...admitted, params, ...input })
    }
    const reply = await (api.checksAnswers ? checkAnswer(route, handle) : handle()).catch(async (thrown: unknown) => {
      const error = toCodedError(thrown)
      if (token) await noteRefusal(api, { token, source, route, params, error })
      throw error
    })
    sendReply(response, reply)
  }
}

/** Whoever shows a token that is none pays for it as their network does. */
async function identify(api: Api, request: Request, from: ClientAddress): Promise<VerifiedToken> {
  const token = await requireToken({ api, request }).catch(async (error: unknown) => {
    await enter(api, { token: null, from })
    throw error
  })
  await enter(api, { token, from })
  return token
}

/** Ends when the client has gone, so that nothing is begun for nobody. */
function signalOf(response: Response): AbortSignal {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  return gone.signal
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

/** In tests: what a route answers, also as a refusal, is what OpenAPI says of it. */
async function checkAnswer(route: Route, handle: () => Promise<Reply>): Promise<Reply> {
  const { answer, method, path } = route
  const reply = await handle().catch((error: unknown) => {
    if (error instanceof CodedError && !codesOf(route).includes(error.code))
      throw new Error(`${method} ${path} answers ${error.code}, which it does not declare`, { cause: error })
    throw error
  })
  const { status, body } = reply
  const isDeclared =
    status === 304 ||
    (status === answer.status && (answer.schema ? answer.schema.safeParse(body).success : body === undefined))
  if (!isDeclared) throw new Error(`${method} ${path} answers other than it declares`)
  return reply
}

function sendReply(response: Response, { status, headers = {}, body, cookies = [] }: Reply): void {
  response.status(status).set({ 'Cache-Control': 'no-store', ...headers })
  for (const cookie of cookies) response.append('Set-Cookie', cookie)
  if (body === undefined) response.end()
  else response.set('Content-Type', 'application/json; charset=utf-8').send(JSON.stringify(body))
}
