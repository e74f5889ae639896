import type { EventType } from '@derm/contract'

/** What a toast says of others' changes: what happened, and nothing about anybody. */
export const EVENT_TEXTS: Record<EventType, { one: string; many: string }> = {
  'appointment:created': { one: 'An appointment was booked', many: 'appointments were booked' },
  'appointment:updated': { one: 'An appointment was changed', many: 'appointments were changed' },
  'appointment:rescheduled': { one: 'An appointment was moved', many: 'appointments were moved' },
  'appointment:confirmed': { one: 'An appointment was confirmed', many: 'appointments were confirmed' },
  'appointment:checkedin': { one: 'A patient was checked in', many: 'patients were checked in' },
  'appointment:roomed': { one: 'A patient was roomed', many: 'patients were roomed' },
  'appointment:stage_changed': { one: 'A visit went on', many: 'visits went on' },
  'appointment:completed': { one: 'An appointment was completed', many: 'appointments were completed' },
  'appointment:cancelled': { one: 'An appointment was cancelled', many: 'appointments were cancelled' },
  'appointment:noshow': { one: 'A patient did not come', many: 'patients did not come' },
  'waitlist:added': { one: 'Someone was put on the waitlist', many: 'people were put on the waitlist' },
  'waitlist:slot_offered': {
    one: 'A slot was offered from the waitlist',
    many: 'slots were offered from the waitlist',
  },
  'waitlist:offer_ended': {
    one: 'An offered slot was not taken in time',
    many: 'offered slots were not taken in time',
  },
  'waitlist:removed': { one: 'Someone was taken off the waitlist', many: 'people were taken off the waitlist' },
  'recall:created': { one: 'A recall was planned', many: 'recalls were planned' },
  'recall:updated': { one: 'A recall was changed', many: 'recalls were changed' },
  'recall:due': { one: 'A recall is due', many: 'recalls are due' },
  'recall:closed': { one: 'A recall was closed', many: 'recalls were closed' },
  'patient:created': { one: 'A patient was registered', many: 'patients were registered' },
  'patient:updated': { one: 'A patient’s record was changed', many: 'patient records were changed' },
  'patient:flag_changed': { one: 'A patient’s flags were changed', many: 'patients’ flags were changed' },
  'patient:merged': { one: 'A patient’s record was merged into another', many: 'patient records were merged' },
  'patient:insurance_updated': { one: 'A patient’s insurance was changed', many: 'insurances were changed' },
  'patient:insurance_verified': { one: 'A payer’s answer came in', many: 'payers’ answers came in' },
  'patient:document_added': { one: 'A patient’s documents changed', many: 'patients’ documents changed' },
  'patient:allergy_updated': { one: 'A patient’s allergies changed', many: 'patients’ allergies changed' },
  'patient:balance_changed': { one: 'A patient’s balance changed', many: 'balances changed' },
}
