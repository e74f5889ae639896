import { PATIENT_TRANSITIONS, mayDo, possibleActions, type Patient, type User } from '@derm/contract'
import { IconUserEdit } from '@tabler/icons-react'
import { useState, type ReactNode } from 'react'
import { ChartSection } from './chart-section.tsx'
import classes from './demographics.module.css'
import { PatientForm } from './patient-form.tsx'
import { SEX_LABEL, formatBirthDate } from './patient-names.ts'

export function Demographics({ patient, user }: { patient: Patient; user: User }) {
  const [isEditing, setEditing] = useState(false)
  const possible = possibleActions(PATIENT_TRANSITIONS, patient.status, (by) => mayDo(user, by, null))
  return (
    <ChartSection
      title="Demographics and contact"
      testId="demographics"
      action={
        possible.includes('update') && !isEditing
          ? {
              label: 'Edit',
              icon: <IconUserEdit size={16} aria-hidden="true" />,
              onClick: () => setEditing(true),
              testId: 'edit-demographics',
            }
          : null
      }
    >
      {isEditing ? (
        <PatientForm patientId={patient.id} onDone={() => setEditing(false)} onCancel={() => setEditing(false)} />
      ) : (
        <dl className={classes['facts']}>
          <Fact label="First name">{patient.firstName}</Fact>
          <Fact label="Last name">{patient.lastName}</Fact>
          <Fact label="Date of birth">
            <span className="numbers">{formatBirthDate(patient.dateOfBirth)}</span>
          </Fact>
          <Fact label="Sex">{patient.sex === 'unknown' ? null : SEX_LABEL[patient.sex]}</Fact>
          <Fact label="Phone">
            {patient.phone === null ? null : (
              <a href={`tel:${patient.phone}`} className="numbers">
                {patient.phone}
              </a>
            )}
          </Fact>
          <Fact label="Email">
            {patient.email === null ? null : <a href={`mailto:${patient.email}`}>{patient.email}</a>}
          </Fact>
        </dl>
      )}
    </ChartSection>
  )
}

/** `children` null: nothing is recorded. */
function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children ?? <span className={classes['none']}>Not recorded</span>}</dd>
    </div>
  )
}
