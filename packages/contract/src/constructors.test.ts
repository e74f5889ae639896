import { describe, expect, it } from 'vitest'
import { channelOf, event } from './constructors.ts'
import { parseEnvelope } from './envelope.ts'
import { EVENT_TYPES } from './catalogue.ts'
import type { LocationId, TenantId, UserId } from './ids.ts'

const id = (digit: number) => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`
const base = {
  tenantId: id(1) as TenantId,
  actorId: id(2) as UserId,
  subject: { id: id(3), version: 4 },
}
const data = {
  patientId: id(5),
  providerId: id(6),
  type: 'follow_up',
  status: 'checked_in',
  stage: null,
  startsAt: '2026-01-05T15:00:00.000Z',
  endsAt: '2026-01-05T15:30:00.000Z',
  roomId: null,
} as const

describe('event constructors', () => {
  it('exist for every event', () => {
    expect(Object.keys(event)).toHaveLength(EVENT_TYPES.length)
  })

  it('give the event the channel that its declaration says', () => {
    const made = event.appointmentCheckedin({
      ...base,
      locationId: id(7) as LocationId,
      data,
      previous: { status: 'confirmed' },
    })
    expect(made.channel).toBe(`${id(1)}/l:${id(7)}/scheduling`)
    const envelope = { ...made, epoch: '0199f0000000aaaa', seq: 1, at: '2026-01-05T14:58:00.000Z' }
    expect(parseEnvelope(envelope)).toEqual(envelope)
    expect(event.patientUpdated({ ...base, data: { changed: ['contact'] } }).channel).toBe(`${id(1)}/t/patients`)
  })

  it('refuse a payload that does not fit, so that the transaction fails and not a consumer', () => {
    const input = { ...base, locationId: id(7) as LocationId, previous: { status: 'confirmed' as const } }
    expect(() => event.appointmentCheckedin({ ...input, data: { ...data, patientName: 'x' } as never })).toThrow()
    // @ts-expect-error: an event of a location's channel needs the location
    expect(() => event.appointmentCheckedin({ ...base, data, previous: { status: 'confirmed' } })).toThrow(
      'needs a locationId',
    )
    expect(() => event.appointmentCheckedin({ ...input, data, previous: undefined } as never)).toThrow()
  })

  it('a user’s event goes to that user’s channel, and needs to know whose', () => {
    const inbox = { scope: 'user', topic: 'inbox' } as const
    const recipientId = id(8) as UserId
    expect(channelOf('task:assigned', inbox, { tenantId: base.tenantId, recipientId })).toBe(
      `${id(1)}/u:${id(8)}/inbox`,
    )
    expect(() => channelOf('task:assigned', inbox, { tenantId: base.tenantId })).toThrow('needs a recipientId')
  })
})
