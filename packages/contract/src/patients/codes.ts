import { z } from 'zod'
import { wireCode } from '../wire-code.ts'

export const Sex = wireCode(['female', 'male', 'other', 'unknown'])
export type Sex = (typeof Sex.options)[number]

/** The parts of a record: an event says which changed, and no more. */
export const RecordPart = wireCode(['demographics', 'contact'])
export type RecordPart = (typeof RecordPart.options)[number]

/** What happened to a list of a patient's record. `removed`: an entry was marked as an error; it stays readable. */
export const ListChange = wireCode(['added', 'updated', 'removed'])
export type ListChange = (typeof ListChange.options)[number]

/** What everybody who deals with a patient has to know at once. It says something about the person's health, so no event can carry it. */
export const PatientFlag = z.enum([
  'interpreter_needed',
  'wheelchair',
  'fall_risk',
  'latex',
  'do_not_contact',
  'deceased',
])
export type PatientFlag = (typeof PatientFlag.options)[number]

/** `merged`: the record was found to be about the same person as another, which has all of it now. */
export const PatientStatus = wireCode(['active', 'merged'])
export type PatientStatus = (typeof PatientStatus.options)[number]
