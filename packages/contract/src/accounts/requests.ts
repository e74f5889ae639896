import { z } from 'zod'
import { Id } from '../ids.ts'
import { pageFields } from '../request-shapes.ts'

/** A patient has one account or none yet. */
export const AccountQuery = z.strictObject({ ...pageFields, patientId: Id })
export const AccountCreate = z.strictObject({ patientId: Id })

/** 100,000.00 */
const MAX_CENTS = 10_000_000
/** `amountCents`: what the patient paid. */
export const CopayRequest = z.strictObject({ amountCents: z.number().int().min(1).max(MAX_CENTS) })

const SIGN = { charge: 1, refund: 1, payment: -1, adjustment: 0 } as const
/** `amountCents`: what the balance rises by. A charge and a refund raise it, a payment lowers it, an adjustment does either. */
export const AdjustRequest = z
  .strictObject({
    code: z.enum(['charge', 'payment', 'adjustment', 'refund']),
    amountCents: z.number().int().min(-MAX_CENTS).max(MAX_CENTS),
  })
  .refine(({ code, amountCents }) => amountCents !== 0 && (SIGN[code] || Math.sign(amountCents)) * amountCents > 0, {
    error: 'must be positive for a charge and a refund, negative for a payment, and not 0',
    path: ['amountCents'],
  })
