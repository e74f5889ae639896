import { z } from 'zod'
import { Id } from '../ids.ts'
import { Version, listOf } from '../request-shapes.ts'
import { AccountEntryCode } from './codes.ts'

/** A line of the ledger. Lines are only ever added. */
export const AccountEntry = z.object({
  id: Id,
  code: AccountEntryCode,
  /** Cents that the balance rose by; negative: fell. */
  amountCents: z.number().int(),
  actorId: Id,
  actorName: z.string(),
  at: z.iso.datetime(),
})
export type AccountEntry = z.infer<typeof AccountEntry>

/** What a patient owes the practice: the sum of the ledger's lines. */
export const Account = z.object({
  id: Id,
  version: Version,
  patientId: Id,
  /** Cents. Positive: the patient owes them; negative: the practice does. */
  balanceCents: z.number().int(),
  /** ISO 4217. */
  currency: z.string(),
  /** The newest 50, newest first. */
  entries: z.array(AccountEntry),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
})
export type Account = z.infer<typeof Account>
export const AccountList = listOf(Account)
export type AccountList = z.infer<typeof AccountList>
