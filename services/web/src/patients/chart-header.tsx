import { PATIENT_TRANSITIONS, mayDo, possibleActions, type Patient, type User } from '@derm/contract'
import { UpdateHighlight } from '@derm/react'
import { ActionIcon, Menu } from '@mantine/core'
import { IconArrowLeft, IconArrowMerge, IconDotsVertical, IconFlag } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { seesTopic } from '../session/access.ts'
import { Balance } from './balance.tsx'
import classes from './chart-header.module.css'
import { FLAG_LABEL } from './chart-labels.ts'
import { SEX_LABEL, formatAge, formatBirthDate, fullName, todayHere } from './patient-names.ts'

/** A form that the header opens, above the sections. */
export type HeaderForm = 'flags' | 'copay'

type Props = { patient: Patient; user: User; onOpen: (form: HeaderForm) => void }

/** Who this is: what two people check before they do anything. It stays in sight. */
export function ChartHeader({ patient, user, onOpen }: Props) {
  const possible = possibleActions(PATIENT_TRANSITIONS, patient.status, (by) => mayDo(user, by, null))
  return (
    <UpdateHighlight resource="patients" id={patient.id} className={classes['glow']!}>
      <div className={classes['header']} data-testid="chart-header">
        <Link to="/patients" className={classes['back']} aria-label="All patients">
          <IconArrowLeft size={18} aria-hidden="true" />
        </Link>
        <div className={classes['who']}>
          <div className={classes['line']}>
            <h1 className={classes['name']} data-testid="chart-name">
              {fullName(patient)}
            </h1>
            {patient.flags.length === 0 ? null : (
              <ul className={classes['flags']} aria-label="Flags" data-testid="chart-flags">
                {patient.flags.map((flag) => (
                  <li key={flag}>
                    <IconFlag size={13} aria-hidden="true" /> {FLAG_LABEL[flag]}
                  </li>
                ))}
              </ul>
            )}
          </div>
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
        {seesTopic(user, 'accounts') && patient.mergedIntoId === null ? (
          <Balance
            patientId={patient.id}
            mayTakeCopay={patient.status === 'active' && mayDo(user, 'take_copay', null)}
            onCopay={() => onOpen('copay')}
          />
        ) : null}
        {possible.length === 0 ? null : (
          <Menu withInitialFocusPlaceholder={false} withinPortal={false} position="bottom-end" width={240} shadow="md">
            <Menu.Target>
              <ActionIcon size={36} aria-label="More about this chart" data-testid="chart-menu">
                <IconDotsVertical size={18} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {possible.includes('flag') ? (
                <Menu.Item
                  leftSection={<IconFlag size={16} aria-hidden="true" />}
                  onClick={() => onOpen('flags')}
                  data-testid="edit-flags"
                >
                  Flags…
                </Menu.Item>
              ) : null}
              {possible.includes('merge') ? (
                <Menu.Item
                  leftSection={<IconArrowMerge size={16} aria-hidden="true" />}
                  renderRoot={(props) => (
                    <Link to="/patients/$patientId/merge" params={{ patientId: patient.id }} {...props} />
                  )}
                  data-testid="merge-chart"
                >
                  Merge with another chart…
                </Menu.Item>
              ) : null}
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
    </UpdateHighlight>
  )
}
