import { expect, it } from 'vitest'
import { appointments } from '../appointments/appointment.ts'
import { coverages } from '../coverages/coverage.ts'
import { patients } from '../patients/patient.ts'
import type { Change } from '../change.ts'
import type { CreateOf, UpdateOf } from './aggregate.ts'
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
  const flag = { run: () => ({ data: {}, event: { added: [], removed: [] } }) }
  const person = { firstName: '', lastName: '', dateOfBirth: new Date() }
  const merge = { run: () => ({ data: {}, event: { survivingId: '' } }) }
  const all = { create: { run: () => ({ data: person }) }, flag, merge }
  const update = { run: () => ({ data: {}, event: { changed: [] } }) }
  expect(defineEntityChanges(patients, { ...all, update })).toHaveLength(4)
  // @ts-expect-error: which parts changed is missing
  expect(defineEntityChanges(patients, { ...all, update: { run: () => ({ data: {} }) } })).toBeDefined()
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

it('[AGG19] of several statuses that an action may lead to, its handler names one', () => {
  const dates = { effectiveFrom: new Date(), effectiveTo: null }
  const added = { patientId: '', payerName: '', memberId: '', rank: 'primary' as const, ...dates }
  const all = {
    create: { run: () => ({ data: added }) },
    update: { run: () => ({ data: { status: 'unknown' as const } }) },
    'record-eligibility': {
      run: () => ({ data: { status: 'active' as const }, event: { outcome: 'active' as const } }),
    },
    end: { run: () => ({ data: {} }) },
  }
  expect(defineEntityChanges(coverages, all)).toHaveLength(5)
  // @ts-expect-error: the status is missing
  expect(defineEntityChanges(coverages, { ...all, update: { run: () => ({ data: {} }) } })).toBeDefined()
  const wrong = { run: () => ({ data: { status: 'requested' as const }, event: { outcome: 'active' as const } }) }
  // @ts-expect-error: a payer does not answer that it was asked
  expect(defineEntityChanges(coverages, { ...all, 'record-eligibility': wrong })).toBeDefined()
})

it('[AGG20] rows that are part of an entity are written with it; another entity’s are not', () => {
  const account = (data: UpdateOf<'account'>) => data
  expect(account({ entries: { create: { code: 'copay', amountCents: -1, actorId: '' } } })).toBeDefined()
  // @ts-expect-error: lines of a ledger are only added
  expect(account({ entries: { deleteMany: {} } })).toBeDefined()
  const patient = (data: CreateOf<'patient'>) => data
  const person = { firstName: '', lastName: '', dateOfBirth: new Date() }
  expect(patient(person)).toBeDefined()
  // @ts-expect-error: an allergy is an aggregate of its own
  expect(patient({ ...person, allergies: { create: { substance: '', severity: 'mild' } } })).toBeDefined()
})

it('[AGG4] a command cannot write a row past the mechanism', () => {
  const write = (change: Change) => {
    // @ts-expect-error: a change's transaction only reads
    return change.tx.appointment.update({ where: { id: '' }, data: {} })
  }
  expect(write).toBeTypeOf('function')
})
