import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { EVENT_TYPES, definitionOf } from '../catalogue.ts'
import { Handshake, PROTOCOL_VERSION, RefreshRequest } from './session.ts'
import { SubscribeRequest, UnsubscribeRequest } from './subscribe.ts'

const shape = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
const hash = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)

/**
 * What old clients and nodes agreed on. A change that an old client survives (a new event, a new optional field)
 * takes the new hash over; any other raises PROTOCOL_VERSION as well.
 */
const AGREED = { version: 1, up: '79de03022be3fa55', down: '6fdc3d87c68d22e9' }

describe('the protocol', () => {
  it('does not change by accident', () => {
    const up = hash([Handshake, RefreshRequest, SubscribeRequest, UnsubscribeRequest].map(shape))
    const down = hash(
      EVENT_TYPES.toSorted().map((type) => {
        const { data, previous, topic, subject } = definitionOf(type)
        return [type, topic, subject, shape(data), previous ? shape(previous) : null]
      }),
    )
    expect({ version: PROTOCOL_VERSION, up, down }).toEqual(AGREED)
  })
})
