import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import helmet from 'helmet'
import { CodedError } from '@derm/contract'
import { traceIdOf } from '@derm/runtime'
import type { Api } from './api.ts'
import { createJsonBody } from './http/json-body.ts'
import { mountRoutes } from './http/mount-routes.ts'
import { createCors } from './http/origins.ts'
import { createErrorHandler } from './http/problem.ts'
import { makeTraceparent, readRequestId, readTraceparent } from './http/trace.ts'
import { createDocs } from './openapi/docs.ts'
import { ROUTES } from './routes.ts'

/** The HTTP interface. */
export function createApp(api: Api): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')

  app.use(identify(api))
  app.use(measure(api))
  app.use(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
      strictTransportSecurity: api.isSecure ? { maxAge: 31_536_000, includeSubDomains: true } : false,
      crossOriginResourcePolicy: { policy: 'same-site' },
      xFrameOptions: { action: 'deny' },
    }),
  )
  app.use(createCors(api.origins))
  app.get('/.well-known/jwks.json', (_, response) => {
    response.set('Cache-Control', 'public, max-age=10').json(api.keyRing.publicJwks())
  })
  app.use('/api', createDocs(api.basePath))
  app.use('/api/v1', createJsonBody(), mountRoutes(api, ROUTES))
  app.use(() => {
    throw new CodedError('not_found')
  })
  app.use(createErrorHandler(api))
  return app
}

/** The request's ids; and its span, which ends with its connection where nothing was answered. Its name is the route, known at the end. [OPS45] */
function identify({ tracing }: Pick<Api, 'tracing'>) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const { method } = request
    const requestId = readRequestId(request.get('x-request-id'))
    const parent = readTraceparent(request.get('traceparent'))
    const span = tracing?.begin({
      name: method,
      kind: 'server',
      parent,
      isForeign: true,
      attributes: { 'http.request.method': method },
    })
    Object.assign(response.locals, { requestId, traceparent: span?.traceparent ?? parent ?? makeTraceparent() })
    response.set('X-Request-Id', requestId)
    if (span)
      response.once('close', () => {
        const { route = 'none' } = response.locals as { route?: string }
        const { statusCode } = response
        span.end({
          name: `${method} ${route}`,
          attributes: { 'http.route': route, 'http.response.status_code': statusCode },
          hasFailed: statusCode >= 500 || !response.writableFinished,
        })
      })
    next()
  }
}

/** One line and one measurement a request: the route as declared, never the url, which holds ids. */
function measure({ metrics, logger }: Pick<Api, 'metrics' | 'logger'>) {
  return ({ method }: Request, response: Response, next: NextFunction): void => {
    const begin = performance.now()
    response.once('finish', () => {
      const ms = performance.now() - begin
      const {
        requestId,
        route = 'none',
        traceparent,
      } = response.locals as { requestId: string; route?: string; traceparent: string }
      metrics.requests.observe({ method, route, status: String(response.statusCode) }, ms / 1_000)
      logger.debug(
        {
          requestId,
          method,
          route,
          status: response.statusCode,
          durationMs: Math.round(ms),
          traceId: traceIdOf(traceparent),
        },
        'answered',
      )
    })
    next()
  }
}
