import { PATIENT_TRANSITIONS, mayDo, type Patient, type PatientSummary } from '@derm/contract'
import { usePatientUpdates } from '@derm/react'
import { Alert, Button, Checkbox, Group, Radio, Text, Title } from '@mantine/core'
import { IconAlertCircle, IconAlertTriangle } from '@tabler/icons-react'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useEffect, useId, useState } from 'react'
import { describeError } from '../http/api-error.ts'
import { useUser } from '../session/use-user.ts'
import { MessagePage } from '../ui/message-page.tsx'
import { joinQueries } from '../ui/query-state.ts'
import { QueryView } from '../ui/query-view.tsx'
import classes from './merge-screen.module.css'
import { SEX_LABEL, formatBirthDate, fullName } from './patient-names.ts'
import { PatientPicker } from './patient-picker.tsx'
import { usePatient, usePatientMerge } from './patient-queries.ts'

/** Two charts of one person become one: first the other is chosen, then both are compared, then one goes on. */
export default function MergeScreen() {
  usePatientUpdates()
  const { patientId = '' }: { patientId?: string } = useParams({ strict: false })
  const [other, setOther] = useState<PatientSummary | null>(null)
  useEffect(() => {
    document.title = 'Merge charts · DermLive'
  }, [])
  const user = useUser()
  if (!user) return null
  if (!mayDo(user, PATIENT_TRANSITIONS.merge.by, null))
    return (
      <MessagePage component="div" title="Merging is not for your role" text="Ask somebody who may edit patients." />
    )
  return (
    <div className={classes['page']}>
      <Title order={1}>Merge two charts of one person</Title>
      <Text c="dimmed">
        <Link to="/patients/$patientId" params={{ patientId }} className={classes['back']}>
          Back to the chart
        </Link>
      </Text>
      <PatientPicker
        label="The other chart"
        value={other}
        onChange={setOther}
        error={other?.id === patientId ? 'This is the chart that you came from.' : null}
      />
      {other && other.id !== patientId ? <Comparison key={other.id} firstId={patientId} secondId={other.id} /> : null}
    </div>
  )
}

const ROWS: { label: string; of: (patient: Patient) => string }[] = [
  { label: 'Name', of: fullName },
  { label: 'Date of birth', of: ({ dateOfBirth }) => formatBirthDate(dateOfBirth) },
  { label: 'Sex', of: ({ sex }) => SEX_LABEL[sex] },
  { label: 'MRN', of: ({ mrn }) => mrn },
  { label: 'Phone', of: ({ phone }) => phone ?? '–' },
  { label: 'Email', of: ({ email }) => email ?? '–' },
]

function Comparison({ firstId, secondId }: { firstId: string; secondId: string }) {
  const charts = joinQueries(usePatient(firstId), usePatient(secondId))
  const navigate = useNavigate()
  const groupName = useId()
  const [survivingId, setSurvivingId] = useState<string | null>(null)
  /** The versions of the charts that were compared: a change of either is to be looked at anew. */
  const [sureOf, setSureOf] = useState<string | null>(null)
  const merge = usePatientMerge()
  return (
    <QueryView query={charts} what="The charts">
      {(both) => {
        const surviving = both.find(({ id }) => id === survivingId)
        const merged = both.find(({ id }) => id !== survivingId)
        const compared = both.map(({ version }) => version).join()
        const isSure = sureOf === compared
        return (
          <>
            <div className={classes['scroll']}>
              <table className={classes['table']} data-testid="merge-comparison">
                <thead>
                  <tr>
                    <th scope="col">
                      <span className="visually-hidden">What</span>
                    </th>
                    {both.map((patient) => (
                      <th key={patient.id} scope="col">
                        <Radio
                          name={groupName}
                          label="Keep this chart"
                          aria-label={`Keep the chart ${patient.mrn}`}
                          checked={survivingId === patient.id}
                          onChange={() => (setSurvivingId(patient.id), setSureOf(null))}
                          data-testid={`keep-${patient.id}`}
                        />
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {ROWS.map(({ label, of }) => {
                    const isDifferent = label !== 'MRN' && of(both[0]) !== of(both[1])
                    return (
                      <tr key={label} data-different={isDifferent || undefined}>
                        <th scope="row">
                          {label}
                          {isDifferent ? <small>differs</small> : null}
                        </th>
                        {both.map((patient) => (
                          <td key={patient.id}>{of(patient)}</td>
                        ))}
                      </tr>
                    )
                  })}
                </tbody>
              </table>
            </div>
            {surviving && merged ? (
              <Alert
                color="yellow"
                styles={{ title: { color: 'var(--text)' } }}
                icon={<IconAlertTriangle />}
                title={`${merged.mrn} becomes a part of ${surviving.mrn}`}
              >
                <Text fz="sm" mb="sm">
                  Its appointments, insurance, allergies and documents move to {surviving.mrn}, whose demographics stay
                  as they are. Whoever has {merged.mrn} open is led to {surviving.mrn}. It cannot be undone here.
                </Text>
                <Checkbox
                  label="I have compared two identifiers: both charts are of the same person."
                  checked={isSure}
                  onChange={(event) => setSureOf(event.currentTarget.checked ? compared : null)}
                  data-testid="merge-sure"
                />
              </Alert>
            ) : null}
            {merge.error ? (
              <Alert color="red" icon={<IconAlertCircle />} role="alert">
                {describeError(merge.error)}
              </Alert>
            ) : null}
            <Group justify="flex-end">
              <Button
                color="red.8"
                disabled={!surviving || !merged || !isSure}
                loading={merge.isPending}
                onClick={() => {
                  if (!surviving || !merged) return
                  merge.mutate(
                    { surviving, merged },
                    {
                      onSuccess: () =>
                        void navigate({
                          to: '/patients/$patientId',
                          params: { patientId: surviving.id },
                          replace: true,
                        }),
                    },
                  )
                }}
                data-testid="merge-confirm"
              >
                Merge the charts
              </Button>
            </Group>
          </>
        )
      }}
    </QueryView>
  )
}
