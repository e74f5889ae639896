import { z } from 'zod'
import { Id, type PatientList, type PatientSearch, type TenantId } from '@derm/contract'
import { toPrefixRange, type Prisma, type TenantTx } from '@derm/database'
import { decodeCursor, toPage } from '../http/cursor.ts'
import { SUMMARY_COLUMNS, toPatientSummary } from './patient-view.ts'

/**
 * Patients whose last or first name begins with the words, in either order, or whose record number they are; by last name. Not those whose
 * record was merged into another.
 * Ranges of keys, so that indexes answer: `startsWith` is a LIKE, for which Postgres reads the whole table under row-level security.
 */
export async function searchPatients(
  tx: TenantTx,
  tenantId: TenantId,
  { query, cursor, limit }: z.infer<typeof PatientSearch>,
): Promise<PatientList> {
  const after = decodeCursor(cursor, [z.string().max(300), Id])
  const rows = await tx.patient.findMany({
    where: {
      AND: [
        { tenantId, status: 'active' },
        matching(query),
        after ? { OR: [{ nameKey: { gt: after[0] } }, { nameKey: after[0], id: { gt: after[1] } }] } : {},
      ],
    },
    orderBy: [{ nameKey: 'asc' }, { id: 'asc' }],
    take: limit + 1,
    select: { ...SUMMARY_COLUMNS, nameKey: true },
  })
  return toPage(rows, limit, (row) => [row.nameKey, row.id], toPatientSummary)
}

function matching(query: string): Prisma.PatientWhereInput {
  const text = query.toLowerCase()
  if (text === '') return {}
  const [one, two] = text.split(/[\s,]+/, 2) as [string, string | undefined]
  const whole: Prisma.PatientWhereInput[] = [
    { nameKey: toPrefixRange(text) },
    { givenKey: toPrefixRange(text) },
    { mrn: text.toUpperCase() },
  ]
  if (!two) return { OR: whole }
  return {
    OR: [
      ...whole,
      { nameKey: toPrefixRange(`${one}, ${two}`) },
      { nameKey: toPrefixRange(two), givenKey: toPrefixRange(one) },
    ],
  }
}
