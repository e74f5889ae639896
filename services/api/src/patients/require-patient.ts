import { CodedError } from '@derm/contract'
import { readReferenced } from '../aggregate/lock-entity.ts'
import { invalid } from '../http/invalid.ts'
import type { Change } from '../change.ts'
import { patients } from './patient.ts'

/** A patient to whom something new may be added; until the commit nobody can merge the record. @throws CodedError `validation_failed`, `patient_merged` */
export async function requirePatient(change: Change, id: string): Promise<void> {
  const row = await readReferenced(change, patients, id)
  if (!row) throw invalid('body', 'patientId', 'is no patient of this practice')
  requireUnmerged(row)
}

/** @throws CodedError `patient_merged` */
export function requireUnmerged(row: { mergedIntoId: string | null } | null): void {
  if (row && row.mergedIntoId !== null) throw new CodedError('patient_merged', { mergedIntoId: row.mergedIntoId })
}
