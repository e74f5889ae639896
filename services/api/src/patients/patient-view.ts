import type { PatientSummary } from '@derm/contract'
import type { Prisma } from '@derm/database'

/** The columns that lists and cards show of a patient. */
export const SUMMARY_COLUMNS = {
  id: true,
  mrn: true,
  firstName: true,
  lastName: true,
  dateOfBirth: true,
} as const satisfies Prisma.PatientSelect
type SummaryRow = Prisma.PatientGetPayload<{ select: typeof SUMMARY_COLUMNS }>

export function toPatientSummary({ id, mrn, firstName, lastName, dateOfBirth }: SummaryRow): PatientSummary {
  return { id, mrn, firstName, lastName, dateOfBirth: toDate(dateOfBirth) }
}

/** A calendar date, which Prisma gives as midnight UTC. */
export function toDate(date: Date): string {
  return date.toISOString().slice(0, 10)
}
