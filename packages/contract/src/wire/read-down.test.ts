import { describe, expect, it } from 'vitest'
import { isDownName, readDownMessage, readSubscribeAck } from './read-down.ts'

const ID = '00000000-0000-4000-8000-00000000000a'
const position = { channel: `${ID}/t/patients`, epoch: '0000000000010000', seq: 7 }
const event = {
  id: ID,
  type: 'patient:updated',
  ...position,
  at: '2026-01-02T03:04:05.678Z',
  actorId: ID,
  subject: { type: 'patient', id: ID, version: 3 },
  data: {},
}

describe('reading what a server sent', () => {
  it('leaves what is an application’s own alone', () => {
    for (const name of ['maintenance', 'appointment:of_later', 'event', 'subscribeAck', 'toString', ''])
      expect(isDownName(name), name).toBe(false)
    for (const name of ['heads', 'feed', 'closing', 'access:changed', 'patient:updated'])
      expect(isDownName(name), name).toBe(true)
  })

  it('takes an event only under its own type', () => {
    expect(readDownMessage('patient:updated', event)).toEqual({ name: 'event', body: event })
    expect(readDownMessage('appointment:updated', event)).toBeNull()
    expect(readDownMessage('patient:updated', { ...event, seq: 0 })).toBeNull()
  })

  it('refuses a message whose body is not what its name promises', () => {
    expect(readDownMessage('feed', { isLate: false })).toEqual({ name: 'feed', body: { isLate: false } })
    expect(readDownMessage('feed', { isBehind: false })).toBeNull()
    expect(readDownMessage('event', event)).toBeNull()
  })

  it('leaves an answer’s unreadable events out, and keeps the rest', () => {
    const channel = { ...position, status: 'recovered', events: [event, { ...event, type: 'patient:of_later' }, 7] }
    const ack = readSubscribeAck({ ok: true, node: 'n', channels: [channel], denied: [] })
    expect(ack).toMatchObject({ ok: true, channels: [{ seq: 7, events: [event] }] })
    expect(readSubscribeAck({ ok: true, node: 'n', channels: [{ ...channel, seq: '7' }], denied: [] })).toBeNull()
  })
})
