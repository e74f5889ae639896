import { invalid } from '../http/invalid.ts'
import type { Change } from '../transaction.ts'

/** @throws CodedError `validation_failed` */
export async function requirePatient({ tx }: Change, id: string): Promise<void> {
  const row = await tx.patient.findUnique({ where: { id }, select: { id: true } })
  if (!row) throw invalid('body', 'patientId', 'is no patient of this practice')
}
