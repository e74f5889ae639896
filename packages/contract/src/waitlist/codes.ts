import { wireCode } from '../wire-code.ts'

export const WaitlistStatus = wireCode(['waiting', 'offered', 'booked', 'removed'])
export type WaitlistStatus = (typeof WaitlistStatus.options)[number]

/** Why an entry was taken off the list without an appointment. */
export const WaitlistRemovalCode = wireCode(['patient_request', 'unreachable', 'seen_elsewhere', 'duplicate', 'other'])
export type WaitlistRemovalCode = (typeof WaitlistRemovalCode.options)[number]
