import { z } from 'zod'
import * as contract from '@derm/contract'
import { ERRORS, type ErrorCode } from '@derm/contract'
import type { Route } from '../http/route.ts'

type Json = Record<string, unknown>

/**
 * OpenAPI 3.1, made from the same table and the same schemas that the routes are mounted with.
 * Schemas of the contract become components, so that a generated client has types with their names.
 */
export function createOpenApi(routes: readonly Route[]): Json {
  const answers = createSchemas('output')
  const requests = createSchemas('input')
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    const path = `/api/v1${route.path.replace(/:(\w+)/g, '{$1}')}`
    paths[path] = { ...paths[path], [route.method]: describeRoute(route, requests, answers) }
  }
  const used = { ...requests.used, ...answers.used }
  return {
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
      schemas: { ...used, Problem },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        refreshCookie: { type: 'apiKey', in: 'cookie', name: 'derm_refresh' },
      },
      headers: HEADERS,
    },
  }
}

function describeRoute(route: Route, requests: Schemas, answers: Schemas): Json {
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
    parameters: parametersOf(route),
    ...(body
      ? {
          requestBody: {
            required: !body.safeParse({}).success,
            content: { 'application/json': { schema: requests.refer(body) } },
          },
        }
      : {}),
    responses: {
      [answer.status]: {
        description: answer.description,
        headers: Object.fromEntries(headers.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
        ...(answer.schema ? { content: { 'application/json': { schema: answers.refer(answer.schema) } } } : {}),
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

function parametersOf(route: Route): Json[] {
  const of = (where: 'path' | 'query', schema: z.ZodObject | undefined): Json[] => {
    if (!schema) return []
    const { properties = {}, required = [] } = z.toJSONSchema(schema, toOptions('input'))
    return Object.entries(properties).map(([name, property]) => ({
      name,
      in: where,
      required: where === 'path' || required.includes(name),
      schema: property,
    }))
  }
  const header = (name: string, required: boolean, description: string) => ({
    name,
    in: 'header',
    required,
    description,
    schema: { type: 'string' },
  })
  return [
    ...of('path', route.params),
    ...of('query', route.query),
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

/** Which codes a route may answer with: its own, and those that follow from its declaration. */
function codesOf({ auth, body, query, params, kind, isConditional, errors = [] }: Route): ErrorCode[] {
  return [
    ...errors,
    ...(auth === 'bearer'
      ? (['unauthenticated', 'token_invalid', 'token_expired', 'session_ended', 'access_revoked'] as const)
      : []),
    ...(body || query || kind !== 'plain' ? (['validation_failed'] as const) : []),
    ...(body ? (['malformed_json', 'payload_too_large', 'unsupported_media_type'] as const) : []),
    ...(params ? (['not_found'] as const) : []),
    ...(isConditional ? (['precondition_required', 'conflict'] as const) : []),
    ...(kind === 'change' ? (['idempotency_mismatch', 'idempotency_in_progress'] as const) : []),
    ...(kind === 'read' ? (['not_fresh_enough'] as const) : []),
    'unavailable',
    'internal',
  ]
}

function problemsOf(route: Route): Record<string, Json> {
  const byStatus = new Map<number, Set<ErrorCode>>()
  for (const code of codesOf(route))
    byStatus.set(ERRORS[code].status, (byStatus.get(ERRORS[code].status) ?? new Set()).add(code))
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: [...codes].map((code) => `\`${code}\`: ${ERRORS[code].title}.`).join(' '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  )
}

type Direction = 'input' | 'output'

/** Readable, and open to growth: a format says what its pattern says, and an answer may get fields that a client does not know yet. */
function toOptions(io: Direction) {
  return {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }) => {
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern
      if (io === 'output') delete jsonSchema.additionalProperties
    },
  } as const
}

type Schemas = { refer: (schema: z.ZodType) => Json; used: Record<string, Json> }

/** Objects of the contract by name; what is no export of it stands where it is used. */
function createSchemas(io: Direction): Schemas {
  const registry = z.registry<{ id: string }>()
  const names = new Map<unknown, string>()
  for (const [id, schema] of Object.entries(contract))
    if (schema instanceof z.ZodObject && !names.has(schema)) {
      names.set(schema, id)
      registry.add(schema, { id })
    }
  const { schemas } = z.toJSONSchema(registry, { ...toOptions(io), uri: (id) => `#/components/schemas/${id}` })
  const used: Record<string, Json> = {}
  const use = (id: string): void => {
    if (used[id]) return
    const { $schema: _dialect, $id: _id, ...schema } = schemas[id] as Json
    used[id] = schema
    for (const [, nested] of JSON.stringify(schema).matchAll(/"#\/components\/schemas\/(\w+)"/g))
      if (nested) use(nested)
  }
  return {
    used,
    refer(schema) {
      const id = names.get(schema)
      if (id) {
        use(id)
        return { $ref: `#/components/schemas/${id}` }
      }
      const { $schema: _dialect, ...inline } = z.toJSONSchema(schema, toOptions(io)) as Json
      return inline
    },
  }
}

const Problem: Json = {
  type: 'object',
  description: 'RFC 9457. `code` decides what a client does; see /api/docs/errors.',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(ERRORS) },
    requestId: { type: 'string' },
    currentVersion: { type: 'integer', description: 'With `conflict` and `invalid_transition`.' },
    errors: {
      type: 'array',
      description: 'With `validation_failed`: what is wrong where.',
      items: {
        type: 'object',
        properties: { in: { type: 'string' }, path: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
}

const text = (description: string): Json => ({ description, schema: { type: 'string' } })
const HEADERS: Json = {
  'As-Of': text('The answer reflects at least these positions: `"<scope>/<topic>";epoch="e";seq=17, …`.'),
  Published: text('The positions of the events that the change caused, in the form of `As-Of`.'),
  ETag: text('Of one entity: `"<version>.<digest>"`, good for `If-Match`.'),
  Location: text('Where the new entity is.'),
}
