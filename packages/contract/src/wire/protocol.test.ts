import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { EVENT_TYPES, definitionOf } from '../catalogue.ts'
import { ANSWERS, DOWN } from './down.ts'
import { Handshake, PROTOCOL_VERSION } from './handshake.ts'
import { UP } from './up.ts'

/**
 * What old clients and nodes agreed on: every message up and down, every answer, every event. A change that an old client survives
 * (a new event, a new optional field) takes the new hash over. Any other raises PROTOCOL_VERSION as well.
 */
const AGREED = { version: 1, hash: '58517c6bf7419fb8' }

const toShape = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
const toShapes = (schemas: Record<string, z.ZodType>) =>
  Object.entries(schemas)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) => [name, toShape(schema)])

describe('the protocol', () => {
  it('[DOC2] does not change by accident', () => {
    const events = EVENT_TYPES.toSorted().map((type) => {
      const { data, previous, topic, subject } = definitionOf(type)
      return [type, topic, subject, toShape(data), previous ? toShape(previous) : null]
    })
    const whole = [toShape(Handshake), toShapes(UP), toShapes(DOWN), toShapes(ANSWERS), events]
    const hash = createHash('sha256').update(JSON.stringify(whole)).digest('hex').slice(0, 16)
    expect({ version: PROTOCOL_VERSION, hash }).toEqual(AGREED)
  })
})
