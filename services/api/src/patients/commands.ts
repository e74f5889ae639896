import { CodedError, event, mayChange, type Patient, type PatientUpdate } from '@derm/contract'
import { requireTopic } from '../access/location-scope.ts'
import { requireVersion, type Change } from '../transaction.ts'
import { toPatient } from './patient-view.ts'

/** Which part of the record each field belongs to: the event says this much and no more. */
const PART_OF = {
  firstName: 'demographics',
  lastName: 'demographics',
  dateOfBirth: 'demographics',
  sex: 'demographics',
  phone: 'contact',
  email: 'contact',
} as const satisfies Record<keyof PatientUpdate, string>

/**
 * Changes the fields that are given. When they say what the record says already, nothing happens, and no event.
 * @throws CodedError `forbidden`, `not_found`, `conflict`
 */
export async function updatePatient(
  { tx, caller, record, audit }: Change,
  id: string,
  version: number,
  request: PatientUpdate,
): Promise<Patient> {
  requireTopic(caller, 'patients')
  if (!mayChange(caller, 'patients', null)) throw new CodedError('forbidden')
  await tx.$queryRaw`SELECT id FROM patients WHERE id = ${id}::uuid FOR UPDATE`
  const row = await tx.patient.findUnique({ where: { id } })
  if (!row) throw new CodedError('not_found')
  requireVersion(row.version, version)

  const before = toPatient(row)
  const names = (Object.keys(PART_OF) as (keyof PatientUpdate)[]).filter(
    (name) => request[name] !== undefined && request[name] !== before[name],
  )
  if (names.length === 0) return before
  const { dateOfBirth, ...rest } = Object.fromEntries(names.map((name) => [name, request[name]])) as PatientUpdate
  const after = await tx.patient.update({
    where: { id },
    data: {
      ...(rest as object),
      ...(dateOfBirth === undefined ? {} : { dateOfBirth: new Date(dateOfBirth) }),
      version: { increment: 1 },
    },
  })
  record(
    event.patientUpdated({
      tenantId: caller.tenantId,
      actorId: caller.userId,
      subject: { id, version: after.version },
      data: { changed: [...new Set(names.map((name) => PART_OF[name]))] },
    }),
  )
  audit({ action: 'patient.update', subjectType: 'patient', subjectId: id })
  return toPatient(after)
}
