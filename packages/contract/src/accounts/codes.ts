import { z } from 'zod'

/** Why a balance changed. `transfer`: it came from, or went to, the account of a record that was merged. */
export const AccountEntryCode = z.enum(['charge', 'copay', 'payment', 'adjustment', 'refund', 'transfer'])
export type AccountEntryCode = z.infer<typeof AccountEntryCode>
