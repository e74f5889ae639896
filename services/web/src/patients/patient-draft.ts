import type { Patient, PatientUpdate } from '@derm/contract'
import { isDate } from '../time/zone-time.ts'

/** The record as the form's fields hold it: text throughout, nothing as the empty text. */
export type PatientDraft = {
  firstName: string
  lastName: string
  dateOfBirth: string
  sex: Patient['sex']
  phone: string
  email: string
}

export function toDraft({ firstName, lastName, dateOfBirth, sex, phone, email }: Patient): PatientDraft {
  return { firstName, lastName, dateOfBirth, sex, phone: phone ?? '', email: email ?? '' }
}

/** The fields that were edited, as the API takes them. */
export function toUpdate(changes: Partial<PatientDraft>): PatientUpdate {
  const update: PatientUpdate = {}
  for (const key of ['firstName', 'lastName', 'dateOfBirth'] as const)
    if (changes[key] !== undefined) update[key] = changes[key].trim()
  if (changes.sex !== undefined) update.sex = changes.sex
  for (const key of ['phone', 'email'] as const)
    if (changes[key] !== undefined) update[key] = changes[key].trim() === '' ? null : changes[key].trim()
  return update
}

/** What is wrong with the fields, by field. */
export type PatientFaults = Partial<Record<keyof PatientDraft, string>>

export function findFaults(draft: PatientDraft): PatientFaults {
  const faults: PatientFaults = {}
  if (draft.firstName.trim() === '') faults.firstName = 'Enter a first name'
  if (draft.lastName.trim() === '') faults.lastName = 'Enter a last name'
  if (!isDate(draft.dateOfBirth)) faults.dateOfBirth = 'Enter a date'
  const email = draft.email.trim()
  if (email !== '' && !/^\S+@\S+\.\S+$/.test(email)) faults.email = 'This is no email address'
  return faults
}
