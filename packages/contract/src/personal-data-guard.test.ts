import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineEvent } from './define-event.ts'
import { CATALOGUE, EVENT_TYPES, definitionOf } from './catalogue.ts'
import { Id } from './ids.ts'
import { findPersonalFields } from './personal-data-guard.ts'
import { wireCode } from './wire-code.ts'

const refused: Record<string, z.ZodType> = {
  'a bare string': z.string(),
  'a string with a length': z.string().max(3),
  'a string with a pattern': z.string().regex(/^\w+$/),
  'an e-mail address': z.email(),
  'a calendar date, which may be a birth date': z.iso.date(),
  'a record with open keys': z.record(z.string(), z.boolean()),
  any: z.any(),
  unknown: z.unknown(),
  'a fraction, which may be an amount': z.number(),
  'a union with a string': z.union([z.enum(['a']), z.string()]),
  'a transformed string': z.string().transform((text) => text.length),
  'an array of strings': z.array(z.string()),
  'a string one level down': z.strictObject({ inner: z.string() }),
  'an object that lets other keys through': z.looseObject({ ok: z.boolean() }),
  'an optional string': z.string().optional(),
  'a lazy string': z.lazy(() => z.string()),
  'a code that wireCode has not let through': z.enum(['benign', 'malignant']),
  'a part of a code that it has': wireCode(['open', 'closed']).extract(['open']),
  'a literal': z.literal('melanoma'),
}

describe('[CAT1] an event’s payload cannot hold a person’s data', () => {
  it.each(Object.entries(refused))('refuses %s', (_, schema) => {
    expect(findPersonalFields(z.strictObject({ field: schema }))).not.toEqual([])
    expect(() =>
      defineEvent({
        type: 'test:made',
        subject: 'patient',
        data: z.strictObject({ field: schema }),
      }),
    ).toThrow(/data\.field.* could hold a person/)
  })

  it.each([
    'isMalignant',
    'positive',
    'melanomaCount',
    'totalCents',
    'firstName',
    'birthDate',
    'phone',
    'email',
    'notes',
    'diagnosisId',
    'amount',
    'balance',
    'cancelReason',
  ])('refuses a field called %s, whatever its form', (name) => {
    expect(findPersonalFields(z.strictObject({ [name]: wireCode(['a', 'b']) }))).toEqual([name])
  })

  it('refuses the same in what stood before', () => {
    expect(() =>
      defineEvent({
        type: 'test:made',
        subject: 'patient',
        data: z.strictObject({}),
        previous: z.strictObject({ value: z.string() }),
      }),
    ).toThrow('previous.value')
  })

  it('lets ids, codes, times, flags, counts, and arrays of them through', () => {
    const thin = z.strictObject({
      patientId: Id,
      status: wireCode(['a', 'b']).optional(),
      startsAt: z.iso.datetime().nullable(),
      isUrgent: z.boolean(),
      version: z.int(),
      changed: z.array(wireCode(['contact'])),
    })
    expect(findPersonalFields(thin)).toEqual([])
  })

  it.each(EVENT_TYPES)('holds for %s', (type) => {
    const { data, previous } = definitionOf(type)
    expect([data, previous].flatMap((schema) => (schema ? findPersonalFields(schema) : []))).toEqual([])
  })
})

describe('a code that may travel', () => {
  it.each(['benign', 'malignant_melanoma', 'basal_cell_carcinoma', 'positive', 'stage_2'])('is not %s', (code) => {
    expect(() => wireCode(['ok', code])).toThrow('a clinical code may not travel')
  })
})

describe('the catalogue', () => {
  it('carries what stood before wherever a status changes', () => {
    const changing = EVENT_TYPES.filter((type) => /confirmed|checkedin|roomed|completed|cancelled|noshow/.test(type))
    expect(changing.length).toBeGreaterThan(5)
    for (const type of changing) expect(Object.keys(definitionOf(type).previous?.shape ?? {})).toContain('status')
  })

  it('names each event once', () => {
    expect(Object.keys(CATALOGUE)).toHaveLength(EVENT_TYPES.length)
  })
})
