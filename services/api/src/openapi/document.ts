import { z } from 'zod'
import {
  createDocument,
  type CreateDocumentOptions,
  type ZodOpenApiHeaderObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiParameterObject,
  type ZodOpenApiPathsObject,
  type oas31,
} from 'zod-openapi'
import * as contract from '@derm/contract'
import type { Route } from '../http/route.ts'
import { Problem, problemsOf } from './problems.ts'

/**
 * OpenAPI 3.1, made from the same table and the same schemas that the routes are mounted with.
 * Schemas of the contract become components, so that a generated client has types with their names.
 */
export function createOpenApi(routes: readonly Route[]): oas31.OpenAPIObject {
  nameSchemas()
  const paths: ZodOpenApiPathsObject = {}
  for (const route of routes) {
    const path = `/api/v1${route.path.replace(/:(\w+)/g, '{$1}')}`
    paths[path] = { ...paths[path], [route.method]: describeRoute(route) }
  }
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'DermLive API',
        version: '1',
        description:
          'Changes carry `Published`, reads `As-Of`: how new they are, per channel. docs/protocol.md has the whole.',
      },
      servers: [{ url: '/' }],
      paths: {
        ...paths,
        '/.well-known/jwks.json': {
          get: {
            tags: ['auth'],
            operationId: 'getJwks',
            summary: 'The public keys of access tokens',
            responses: {
              200: { description: 'A JWK set.', content: { 'application/json': { schema: { type: 'object' } } } },
            },
          },
        },
      },
      components: {
        schemas: { Problem },
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          refreshCookie: { type: 'apiKey', in: 'cookie', name: '__Secure-derm_refresh' },
        },
        headers: HEADERS,
      },
    },
    OPTIONS,
  )
}

function describeRoute(route: Route): ZodOpenApiOperationObject {
  const { auth, tag, summary, body, answer, kind } = route
  const headers = [
    ...(answer.status === 201 ? ['Location'] : []),
    ...(kind === 'read' ? ['As-Of', 'ETag'] : []),
    ...(kind === 'change' ? ['Published', 'ETag'] : []),
  ]
  return {
    tags: [tag],
    operationId: operationIdOf(route),
    summary,
    ...(auth === 'bearer'
      ? { security: [{ bearer: [] }] }
      : auth === 'cookie'
        ? { security: [{ refreshCookie: [] }] }
        : {}),
    parameters: headersOf(route),
    requestParams: { ...(route.params ? { path: route.params } : {}), ...(route.query ? { query: route.query } : {}) },
    ...(body
      ? {
          requestBody: {
            required: !body.safeParse({}).success,
            content: { 'application/json': { schema: body } },
          },
        }
      : {}),
    responses: {
      [answer.status]: {
        description: answer.description,
        headers: Object.fromEntries(headers.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
        ...(answer.schema ? { content: { 'application/json': { schema: answer.schema } } } : {}),
      },
      ...(kind === 'read' && route.method === 'get'
        ? { 304: { description: 'What `If-None-Match` names is still right; with the new `As-Of`.' } }
        : {}),
      ...problemsOf(route),
    },
  }
}

/** `POST /appointments/:id/check-in` → `postAppointmentsByIdCheckIn`. */
function operationIdOf({ method, path }: Route): string {
  const words = path
    .replace(/:(\w+)/g, 'by-$1')
    .split(/[/-]/)
    .filter(Boolean)
  return method + words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('')
}

function headersOf(route: Route): ZodOpenApiParameterObject[] {
  const header = (name: string, required: boolean, description: string): ZodOpenApiParameterObject => ({
    name,
    in: 'header',
    required,
    description,
    schema: { type: 'string' },
  })
  return [
    ...(route.isConditional
      ? [header('If-Match', true, 'The version that you read, such as `"7"`, or the answer’s `ETag`.')]
      : []),
    ...(route.kind === 'change'
      ? [
          header(
            'Idempotency-Key',
            false,
            'A repeat with the same key returns the first answer. Becomes the events’ `mutationId`.',
          ),
        ]
      : []),
    ...(route.kind === 'read'
      ? [header('Min-As-Of', false, 'Answer only from data that covers these positions.')]
      : []),
    ...(route.kind === 'read' && route.method === 'get'
      ? [header('If-None-Match', false, 'The `ETag` that you have.')]
      : []),
  ]
}

const text = (description: string) => ({ description, schema: { type: 'string' as const } })
const HEADERS: Record<string, ZodOpenApiHeaderObject> = {
  'As-Of': text('The answer reflects at least these positions: `"<scope>/<topic>";epoch="e";seq=17, …`.'),
  Published: text('The positions of the events that the change caused, in the form of `As-Of`.'),
  ETag: text('Of one entity: `"<version>.<digest>"`, good for `If-Match`.'),
  Location: text('Where the new entity is.'),
}

/** Gives each object of the contract its name there: what has a name becomes a component, the rest stands where it is used. */
function nameSchemas(): void {
  for (const [id, schema] of Object.entries(contract))
    if (schema instanceof z.ZodObject && !z.globalRegistry.has(schema)) z.globalRegistry.add(schema, { id })
}

/** Readable, and open to growth: a format says what its pattern says, and an answer may get fields that a client does not know yet. */
const OPTIONS: CreateDocumentOptions = {
  override({ jsonSchema, io }) {
    if (jsonSchema.format !== undefined) delete jsonSchema.pattern
    if (io === 'output') delete jsonSchema.additionalProperties
  },
}
