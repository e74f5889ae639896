import type { ZodOpenApiResponsesObject, ZodOpenApiSchemaObject } from 'zod-openapi'
import { ERRORS, type ErrorCode } from '@derm/contract'
import { codesOf } from '../http/codes-of.ts'
import type { Route } from '../http/route.ts'

/** The answers of a route that are problems: one for each status, with the codes that it may carry. */
export function problemsOf(route: Route): ZodOpenApiResponsesObject {
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

export const Problem: ZodOpenApiSchemaObject = {
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
