import { expect, it } from 'vitest'
import { appointments } from '../appointments/appointment.ts'
import { patients } from '../patients/patient.ts'
import type { Change } from '../change.ts'
import type { UpdateOf } from './aggregate.ts'
import { defineEntityChanges } from './entity-changes.ts'

const slot = { startsAt: new Date(), endsAt: new Date() }
const handlers = {
  create: { run: () => ({ data: { locationId: '', patientId: '', providerId: '', type: 'mohs' as const, ...slot } }) },
  update: { run: () => ({ data: {} }) },
  room: { run: () => ({ data: { roomId: '' } }) },
  stage: { run: () => ({ data: {}, previous: { stage: null } }) },
  cancel: { run: () => ({ data: {}, event: { cancelCode: 'other' as const } }) },
  reschedule: { run: () => ({ data: {}, previous: { providerId: '', startsAt: '', endsAt: '' } }) },
}

it('[AGG1] an action that has a request does not compile without a handler', () => {
  const { room: _room, ...withoutRoom } = handlers
  // @ts-expect-error: `room` is missing
  expect(defineEntityChanges(appointments, withoutRoom)).toBeDefined()
  expect(defineEntityChanges(appointments, handlers)).toHaveLength(10)
})

it('[AGG2] an event that carries more than the thin data, or what stood before, does not compile without it', () => {
  // @ts-expect-error: the cancel code is missing
  expect(defineEntityChanges(appointments, { ...handlers, cancel: { run: () => ({ data: {} }) } })).toBeDefined()
  // @ts-expect-error: what stood before is missing
  expect(defineEntityChanges(appointments, { ...handlers, stage: { run: () => ({ data: {} }) } })).toBeDefined()
  // @ts-expect-error: which parts changed is missing
  expect(defineEntityChanges(patients, { update: { run: () => ({ data: {} }) } })).toBeDefined()
})

it('[AGG3] a handler cannot write the version, the status or the tenant, nor a column that is not there', () => {
  const update = (data: UpdateOf<'appointment'>) => data
  // @ts-expect-error: the mechanism raises the version
  expect(update({ version: 7 })).toBeDefined()
  // @ts-expect-error: the table says the status
  expect(update({ status: 'roomed' })).toBeDefined()
  // @ts-expect-error: the tenant is the caller's
  expect(update({ tenantId: '' })).toBeDefined()
  // @ts-expect-error: there is no such column
  expect(update({ colour: 'red' })).toBeDefined()
})

it('[AGG4] a command cannot write a row past the mechanism', () => {
  const write = (change: Change) => {
    // @ts-expect-error: a change's transaction only reads
    return change.tx.appointment.update({ where: { id: '' }, data: {} })
  }
  expect(write).toBeTypeOf('function')
})
