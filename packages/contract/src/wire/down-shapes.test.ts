import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ANSWERS, DOWN } from './down.ts'
import { DOWN_SHAPES } from './down-shapes.ts'
import { hasShape } from './shape.ts'

const SCHEMAS = { ...DOWN, subscribeAck: ANSWERS.subscribe }
const NAMES = Object.keys(SCHEMAS) as (keyof typeof SCHEMAS)[]

/** Without what only describes: the shape is what is checked. */
function toShape(schema: z.ZodType): unknown {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' })
  return JSON.parse(JSON.stringify(json, (key, value: unknown) => (SILENT.has(key) ? undefined : value)))
}
const SILENT = new Set(['$schema', 'format', 'additionalProperties'])

describe('the shapes by which a client checks what it is sent', () => {
  it('are made from the schemas: `npx vitest run -u down-shapes` writes them anew', async () => {
    const shapes = Object.fromEntries(NAMES.map((name) => [name, toShape(SCHEMAS[name])]))
    const text = [
      "import type { Shape } from './shape.ts'",
      '',
      '/** Made from the schemas by `down-shapes.test.ts`. */',
      '// prettier-ignore',
      `export const DOWN_SHAPES = ${JSON.stringify(shapes, null, 1)} as const satisfies Record<string, Shape>`,
      '',
    ].join('\n')
    await expect(text).toMatchFileSnapshot('./down-shapes.ts')
  })
})

const CHANNEL = `${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(11)}a/t/patients`
const ID = CHANNEL.slice(0, 36)
const EPOCH = '0000000000010000'
const position = { channel: CHANNEL, epoch: EPOCH, seq: 7 }
const event = {
  id: ID,
  type: 'patient:updated',
  ...position,
  at: '2026-01-02T03:04:05.678Z',
  actorId: ID,
  subject: { type: 'patient', id: ID, version: 3 },
  data: { anything: 1 },
}
const VALID: Record<(typeof NAMES)[number], unknown[]> = {
  event: [event, { ...event, locationId: ID, previous: {}, mutationId: 'key', spreadMs: 400, traceparent: '00-1' }],
  heads: [{ channels: [] }, { channels: [position, position] }],
  resync: [position, { ...position, seq: 0 }],
  feed: [{ isLate: true }, { isLate: false }],
  'auth:expiring': [{ expiresInMs: 30_000 }],
  'access:changed': [
    { added: [], removed: [] },
    { added: [CHANNEL], removed: [CHANNEL, CHANNEL] },
  ],
  'server:draining': [{ reconnectInMs: 1500.5 }, { reconnectInMs: 0, node: 'realtime-1' }],
  closing: [{ code: 'token_expired' }, { code: 'a_code_of_later' }],
  subscribeAck: [
    { ok: false, code: 'unavailable', message: '' },
    { ok: true, node: 'n', channels: [], denied: [{ topic: 'billing', code: 'unknown_channel' }] },
    {
      ok: true,
      node: 'n',
      channels: [{ ...position, status: 'recovered', events: [event, null] }],
      denied: [{ topic: 'scheduling', location: ID, code: 'unknown_channel' }],
    },
  ],
}
const STRANGE = [
  ...[null, undefined, true, false, [], {}, [[]], { channel: 1 }],
  ...[0, 1, -1, 1.5, NaN, Infinity, 2 ** 53, '0', '', 'x', 'x'.repeat(39), 'x'.repeat(201)],
  ...[
    EPOCH,
    EPOCH.toUpperCase(),
    'g'.repeat(16),
    `${EPOCH}0`,
    ID,
    ID.replace('-4000-', '-9000-'),
    CHANNEL,
    'live',
    'resync',
  ],
  ...['2026-01-02T03:04:05Z', '2026-02-30T03:04:05Z', '2026-01-02'],
]

/** The value with one place in it changed, for every place and every strange value; and with one member more. */
function* mutate(value: unknown): Generator<unknown> {
  yield* STRANGE
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) for (const next of mutate(item)) yield value.with(i, next)
    for (const next of STRANGE) yield [...(value as unknown[]), next]
  } else if (typeof value === 'object' && value !== null) {
    yield { ...value, later: 1 }
    for (const [key, member] of Object.entries(value)) {
      const { [key]: _, ...without } = value as Record<string, unknown>
      yield without
      for (const next of mutate(member)) yield { ...value, [key]: next }
    }
  }
}

describe('a shape', () => {
  for (const name of NAMES)
    it(`takes and refuses what the schema does: ${name}`, () => {
      const outcomes = { taken: 0, refused: 0 }
      for (const sample of VALID[name]) {
        expect(hasShape(DOWN_SHAPES[name], sample), JSON.stringify(sample)).toBe(true)
        for (const mutant of [sample, ...mutate(sample)]) {
          const { success } = SCHEMAS[name].safeParse(mutant)
          expect(hasShape(DOWN_SHAPES[name], mutant), JSON.stringify(mutant)).toBe(success)
          outcomes[success ? 'taken' : 'refused']++
        }
      }
      expect(outcomes.taken).toBeGreaterThan(1)
      expect(outcomes.refused).toBeGreaterThan(30)
    })
})
