import type { Consequence } from '../change.ts'
import { lockRows } from '../aggregate/lock-entity.ts'
import { writeAlong } from '../aggregate/write-entity.ts'
import { findSurvivor } from '../patients/follow-merge.ts'
import { accounts } from './account.ts'
import { postEntry } from './post-entry.ts'

/**
 * When a record is merged, its balance goes to the surviving one: with the account, when that one has none; else by a line in both ledgers,
 * because lines are never moved.
 */
export const accountFollowsMerge: Consequence = {
  of: ['patient:merged'],
  async run(change, patientId, event) {
    const survivor = await findSurvivor(change, patientId)
    const known = await change.tx.account.findMany({
      where: { patientId: { in: [patientId, survivor] } },
      select: { id: true },
    })
    const locked = await lockRows(
      change,
      accounts,
      known.map(({ id }) => id),
    )
    const [from, into] = [patientId, survivor].map((id) => locked.find((account) => account.patientId === id))
    if (!from) return
    if (!into) return writeAlong(change, accounts, 'follow-merge', from, { patientId: survivor }, event)
    if (from.balanceCents === 0) return
    const actorId = change.caller.userId
    const amountCents = from.balanceCents
    const given = postEntry(from, { code: 'transfer', amountCents: -amountCents, actorId })
    const taken = postEntry(into, { code: 'transfer', amountCents, actorId })
    await writeAlong(change, accounts, 'follow-merge', from, given, event)
    await writeAlong(change, accounts, 'follow-merge', into, taken, event)
  },
}
