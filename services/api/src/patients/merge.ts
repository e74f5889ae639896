import { CodedError, type PatientFlag } from '@derm/contract'
import type { ColumnsOf } from '../aggregate/aggregate.ts'
import type { Locked } from '../aggregate/lock-entity.ts'
import { writeAlong, writeAllAlong } from '../aggregate/write-entity.ts'
import { invalid } from '../http/invalid.ts'
import type { Change } from '../change.ts'
import { patients, toFlags } from './patient.ts'

type Row = Locked<ColumnsOf<'patient'>>

/** Both rows are locked. @throws CodedError `validation_failed`, `patient_merged` */
export function requireSurvivor(before: Row, others: readonly Row[], intoId: string): Row {
  if (intoId === before.id) throw invalid('body', 'intoId', 'is the record itself')
  const survivor = others.find(({ id }) => id === intoId)
  if (!survivor) throw invalid('body', 'intoId', 'is no patient of this practice')
  if (survivor.mergedIntoId !== null) throw new CodedError('patient_merged', { mergedIntoId: survivor.mergedIntoId })
  return survivor
}

/**
 * What a merge changes in patients' own rows, besides the record that is given up: the surviving one warns of all that either did, and records
 * that were merged before name the one that survives now.
 */
export async function mergePatients(change: Change, before: Row, survivor: Row): Promise<void> {
  const flags: PatientFlag[] = toFlags([...before.flags, ...survivor.flags])
  await writeAlong(change, patients, 'absorb', survivor, { flags }, 'patient:merged')
  const [where, data] = [{ mergedIntoId: before.id }, { mergedIntoId: survivor.id }]
  await writeAllAlong(change, patients, 'follow-merge', { where, data }, 'patient:merged')
}
