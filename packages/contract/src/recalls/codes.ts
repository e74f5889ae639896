import { wireCode } from '../wire-code.ts'

/** Why a patient is to come back, without a word of what was found. */
export const RecallKind = wireCode([
  'annual_check',
  'six_month_check',
  'three_month_check',
  'follow_up',
  'post_procedure',
])
export type RecallKind = (typeof RecallKind.options)[number]

export const RecallStatus = wireCode([
  'planned',
  'due',
  'contacted',
  'scheduled',
  'completed',
  'declined',
  'unreachable',
])
export type RecallStatus = (typeof RecallStatus.options)[number]

export const ContactOutcome = wireCode(['reached', 'left_message', 'no_answer'])
export type ContactOutcome = (typeof ContactOutcome.options)[number]

/** Why it is closed. */
export const RecallCloseCode = wireCode([
  'visit_completed',
  'seen_elsewhere',
  'patient_request',
  'moved_away',
  'no_answer',
  'wrong_contact',
  'other',
])
export type RecallCloseCode = (typeof RecallCloseCode.options)[number]
