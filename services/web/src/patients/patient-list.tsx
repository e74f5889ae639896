import type { PatientSummary } from '@derm/contract'
import { UpdateHighlight } from '@derm/react'
import { IconChevronRight } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useId } from 'react'
import classes from './patient-list.module.css'
import { formatAge, formatBirthDate, fullName, todayHere } from './patient-names.ts'

type Props = {
  label: string
  patients: readonly PatientSummary[]
  /** They belong to the words before. */
  isOld?: boolean
}

/** Patients as links to their charts. */
export function PatientList({ label, patients, isOld = false }: Props) {
  const titleId = useId()
  const today = todayHere()
  return (
    <section aria-labelledby={titleId}>
      <h2 id={titleId} className={classes['title']}>
        {label}
      </h2>
      <ul className={classes['list']} data-old={isOld || undefined}>
        {patients.map((patient) => (
          <li key={patient.id}>
            <UpdateHighlight resource="patients" id={patient.id} className={classes['glow']!}>
              <Link
                to="/patients/$patientId"
                params={{ patientId: patient.id }}
                className={classes['row']}
                data-testid={`patient-${patient.id}`}
              >
                <span className={classes['name']}>{fullName(patient)}</span>
                <span className={`${classes['born']} numbers`}>
                  <span className={classes['word']}>Born</span> {formatBirthDate(patient.dateOfBirth)} ·{' '}
                  {formatAge(patient.dateOfBirth, today)}
                </span>
                <span className={`${classes['mrn']} numbers`}>MRN {patient.mrn}</span>
                <IconChevronRight size={17} aria-hidden="true" />
              </Link>
            </UpdateHighlight>
          </li>
        ))}
      </ul>
    </section>
  )
}
