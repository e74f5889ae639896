import { defineTransitions } from '../transitions.ts'
import { AccountCreate, AdjustRequest, CopayRequest } from './requests.ts'

const event = 'patient:balance_changed'

/** An account has no status. */
export const ACCOUNT_TRANSITIONS = defineTransitions()({
  create: {
    from: 'new',
    to: 'same',
    by: 'take_copay',
    event,
    requires: AccountCreate,
    summary: 'Open a patient’s account, with a balance of 0',
  },
  copay: {
    from: 'any',
    to: 'same',
    by: 'take_copay',
    event,
    requires: CopayRequest,
    summary: 'Take a copay: the balance falls by it',
  },
  adjust: {
    from: 'any',
    to: 'same',
    by: 'bill',
    event,
    requires: AdjustRequest,
    summary: 'Add a charge, a payment, an adjustment or a refund to the ledger',
  },
})
