import { expect, it } from 'vitest'
import { toSlot } from './slot-fields.tsx'

const zone = 'America/Chicago'
const draft = { providerId: 'p', date: '2026-11-01', time: '01:45', length: '30' }

it('[SCH2] a length is time that passes, also in the night on which the clocks go back', () => {
  expect(toSlot(draft, zone)).toEqual({
    providerId: 'p',
    startsAt: '2026-11-01T06:45:00.000Z',
    endsAt: '2026-11-01T07:15:00.000Z',
  })
  expect(toSlot({ ...draft, turn: 'second' }, zone)).toMatchObject({
    startsAt: '2026-11-01T07:45:00.000Z',
    endsAt: '2026-11-01T08:15:00.000Z',
  })
})

it('[SCH2] and in the night on which they go forward', () => {
  expect(toSlot({ ...draft, date: '2026-03-08' }, zone)).toMatchObject({
    startsAt: '2026-03-08T07:45:00.000Z',
    endsAt: '2026-03-08T08:15:00.000Z',
  })
})
