import { ACCOUNT_TRANSITIONS, Account } from '@derm/contract'
import { defineAggregate } from '../aggregate/aggregate.ts'

/** How many lines of the ledger an answer shows. */
const SHOWN = 50

export const accounts = defineAggregate({
  subject: 'account',
  model: 'account',
  table: 'accounts',
  transitions: ACCOUNT_TRANSITIONS,
  view: {
    entries: {
      orderBy: [{ at: 'desc' }, { id: 'desc' }],
      take: SHOWN,
      include: { actor: { select: { displayName: true } } },
    },
  },
  entity: Account,
  toEntity: (row) => ({
    id: row.id,
    version: row.version,
    patientId: row.patientId,
    balanceCents: row.balanceCents,
    currency: row.currency,
    entries: row.entries.map(({ id, code, amountCents, actorId, actor, at }) => ({
      id,
      code,
      amountCents,
      actorId,
      actorName: actor.displayName,
      at: at.toISOString(),
    })),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }),
  toThinData: ({ patientId }) => ({ patientId }),
  // One account for each patient.
  onConflict: { '23505': 'account_exists' },
})
