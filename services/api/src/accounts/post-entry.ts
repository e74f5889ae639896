import type { AccountEntryCode } from '@derm/contract'
import type { ColumnsOf, UpdateOf } from '../aggregate/aggregate.ts'
import type { Locked } from '../aggregate/lock-entity.ts'

/** A line of the ledger and the balance after it: both are written as one, while the account's row is locked. */
export function postEntry(
  account: Locked<ColumnsOf<'account'>>,
  entry: { code: AccountEntryCode; amountCents: number; actorId: string },
): UpdateOf<'account'> {
  return { balanceCents: account.balanceCents + entry.amountCents, entries: { create: entry } }
}
