import { z } from 'zod'
import { defineEvent } from '../define-event.ts'
import { Id } from '../ids.ts'

/** That it changed: neither the balance nor the amount travels. */
export const patientBalanceChangedEvent = defineEvent({
  type: 'patient:balance_changed',
  subject: 'account',
  data: z.strictObject({ patientId: Id }),
})
