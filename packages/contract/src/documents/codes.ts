import { wireCode } from '../wire-code.ts'

export const DocumentKind = wireCode([
  'consent',
  'referral',
  'insurance_card',
  'id_card',
  'lab_report',
  'letter',
  'other',
])
export type DocumentKind = (typeof DocumentKind.options)[number]

/** A document is never deleted: one that was filed wrongly is marked. */
export const DocumentStatus = wireCode(['active', 'entered_in_error'])
export type DocumentStatus = (typeof DocumentStatus.options)[number]
