import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, it } from 'vitest'
import { ERRORS } from '@derm/contract'
import { ROUTES } from '../routes.ts'
import { createOpenApi } from './document.ts'

const document = createOpenApi(ROUTES) as unknown as {
  paths: Record<
    string,
    Record<
      string,
      { operationId: string; responses: object; parameters?: { name: string; in: string; required?: boolean }[] }
    >
  >
  components: { schemas: object }
}

it('is valid OpenAPI 3.1', async () => {
  const validator = new Validator()
  const { valid, errors } = await validator.validate(structuredClone(document))
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
  expect(validator.version).toBe('3.1')
})

it('has every route of the table, and no other', () => {
  const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  )
  const mounted = ROUTES.map(({ method, path }) => `${method} /api/v1${path.replace(/:(\w+)/g, '{$1}')}`)
  expect(listed.sort()).toEqual([...mounted, 'get /.well-known/jwks.json'].sort())
  const operations = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  )
  expect(new Set(operations).size).toBe(operations.length)
})

it('refers only to what is there, and names the contract’s schemas', () => {
  const schemas = Object.keys(document.components.schemas)
  for (const [, name] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g))
    expect(schemas).toContain(name)
  expect(schemas).toEqual(
    expect.arrayContaining(['Appointment', 'AppointmentCreate', 'Patient', 'PatientSummary', 'Problem']),
  )
})

it('documents the statuses of every code that a route declares', () => {
  for (const route of ROUTES) {
    const { responses } = document.paths[`/api/v1${route.path.replace(/:(\w+)/g, '{$1}')}`]?.[route.method] ?? {
      responses: {},
    }
    for (const code of route.errors ?? []) expect(Object.keys(responses)).toContain(String(ERRORS[code].status))
  }
})

it('lists every parameter of a route, and which of them are required', () => {
  for (const { path, method, params, query, isConditional = false } of ROUTES) {
    const { parameters = [] } = document.paths[`/api/v1${path.replace(/:(\w+)/g, '{$1}')}`]?.[method] ?? {}
    const namesOf = (where: string) => parameters.filter((one) => one.in === where).map(({ name }) => name)
    expect(namesOf('path').sort()).toEqual(Object.keys(params?.shape ?? {}).sort())
    expect(namesOf('query').sort()).toEqual(Object.keys(query?.shape ?? {}).sort())
    expect(parameters.filter((one) => one.in === 'path').every(({ required }) => required)).toBe(true)
    expect(parameters.some(({ name, required }) => name === 'If-Match' && required === true)).toBe(isConditional)
  }
})
