import { wireCode } from '../wire-code.ts'

export const Sex = wireCode(['female', 'male', 'other', 'unknown'])
export type Sex = (typeof Sex.options)[number]

/** The parts of a record: an event says which changed, and no more. */
export const RecordPart = wireCode(['demographics', 'contact'])
export type RecordPart = (typeof RecordPart.options)[number]
