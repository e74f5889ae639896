import type { Patient, User } from '@derm/contract'
import { usePatientUpdates } from '@derm/react'
import { Alert } from '@mantine/core'
import { IconArrowMerge } from '@tabler/icons-react'
import { Link, useParams } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { seesTopic } from '../session/access.ts'
import { useUser } from '../session/use-user.ts'
import { QueryView } from '../ui/query-view.tsx'
import { Allergies } from './allergies.tsx'
import { AllergyStrip } from './allergy-strip.tsx'
import { ChartHeader, type HeaderForm } from './chart-header.tsx'
import classes from './chart-screen.module.css'
import { CopayForm } from './copay-form.tsx'
import { Coverages } from './coverages.tsx'
import { Demographics } from './demographics.tsx'
import { Documents } from './documents.tsx'
import { FlagsForm } from './flags-form.tsx'
import { usePatient } from './patient-queries.ts'
import { noteRecentPatient } from './recent-patients.ts'

/** A patient's chart. Every section reads for itself and follows by itself; what others change glows. */
export default function ChartScreen() {
  const { patientId = '' }: { patientId?: string } = useParams({ strict: false })
  const user = useUser()
  return user ? <Chart key={patientId} patientId={patientId} user={user} /> : null
}

function Chart({ patientId, user }: { patientId: string; user: User }) {
  usePatientUpdates({ showToasts: true, filter: { patient: patientId } })
  const patient = usePatient(patientId)
  const isLoaded = patient.data !== undefined
  useEffect(() => {
    // No name: titles go into the browser's history.
    document.title = 'Chart · DermLive'
  }, [])
  useEffect(() => {
    if (isLoaded) noteRecentPatient(patientId)
  }, [isLoaded, patientId])
  return (
    <QueryView query={patient} what="The chart">
      {(loaded) => <LoadedChart patient={loaded} user={user} />}
    </QueryView>
  )
}

function LoadedChart({ patient, user }: { patient: Patient; user: User }) {
  const [form, setForm] = useState<HeaderForm | null>(null)
  const close = () => setForm(null)
  // All that hung on it hangs on the other chart now: its sections would say that there is nothing.
  const isMerged = patient.mergedIntoId !== null
  const seesSafety = seesTopic(user, 'safety') && !isMerged
  const part = { patientId: patient.id, user, mayAdd: patient.status === 'active' }
  return (
    <div className={classes['chart']} data-testid="chart">
      <div className={classes['top']}>
        <ChartHeader patient={patient} user={user} onOpen={setForm} />
        {seesSafety ? <AllergyStrip patientId={patient.id} /> : null}
      </div>
      {patient.mergedIntoId === null ? null : <MergedNotice intoId={patient.mergedIntoId} />}
      {form === 'flags' && !isMerged ? <FlagsForm patient={patient} onClose={close} /> : null}
      {form === 'copay' && !isMerged ? <CopayForm patientId={patient.id} onClose={close} /> : null}
      <div className={classes['columns']}>
        <div className={classes['column']}>
          <Demographics patient={patient} user={user} />
          {isMerged ? null : <Documents {...part} />}
        </div>
        {isMerged ? null : (
          <div className={classes['column']}>
            <Coverages {...part} />
            {seesSafety ? <Allergies {...part} /> : null}
          </div>
        )}
      </div>
    </div>
  )
}

/** Somebody has found two charts to be of one person: the way to the one that goes on. */
function MergedNotice({ intoId }: { intoId: string }) {
  return (
    <Alert color="yellow" icon={<IconArrowMerge />} role="alert" data-testid="merged-notice">
      This chart was merged into another one of the same person, and changes no more.{' '}
      <Link to="/patients/$patientId" params={{ patientId: intoId }} className={classes['link']}>
        Open the chart that goes on
      </Link>
    </Alert>
  )
}
