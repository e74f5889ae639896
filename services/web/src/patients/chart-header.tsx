import type { Patient } from '@derm/contract'
import { UpdateHighlight } from '@derm/react'
import { IconArrowLeft } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import classes from './chart-header.module.css'
import { SEX_LABEL, formatAge, formatBirthDate, fullName, todayHere } from './patient-names.ts'

/** Who this is: what two people check before they do anything. It stays in sight. */
export function ChartHeader({ patient }: { patient: Patient }) {
  return (
    <UpdateHighlight resource="patients" id={patient.id} className={classes['glow']!}>
      <div className={classes['header']} data-testid="chart-header">
        <Link to="/patients" className={classes['back']} aria-label="All patients">
          <IconArrowLeft size={18} aria-hidden="true" />
        </Link>
        <div className={classes['who']}>
          <h1 className={classes['name']} data-testid="chart-name">
            {fullName(patient)}
          </h1>
          <dl className={`${classes['facts']} numbers`}>
            <div>
              <dt>Born</dt>
              <dd>
                {formatBirthDate(patient.dateOfBirth)} <span>({formatAge(patient.dateOfBirth, todayHere())})</span>
              </dd>
            </div>
            <div>
              <dt>Sex</dt>
              <dd>{patient.sex === 'unknown' ? 'Not recorded' : SEX_LABEL[patient.sex]}</dd>
            </div>
            <div>
              <dt>MRN</dt>
              <dd>{patient.mrn}</dd>
            </div>
          </dl>
        </div>
      </div>
    </UpdateHighlight>
  )
}
