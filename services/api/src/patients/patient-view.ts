import type { Patient, PatientSummary } from '@derm/contract'
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

export function toPatient(row: Prisma.PatientGetPayload<object>): Patient {
  const { version, sex, phone, email, updatedAt } = row
  return { ...toPatientSummary(row), version, sex, phone, email, updatedAt: updatedAt.toISOString() }
}

/** A calendar date, which Prisma gives as midnight UTC. */
export function toDate(date: Date): string {
  return date.toISOString().slice(0, 10)
}
