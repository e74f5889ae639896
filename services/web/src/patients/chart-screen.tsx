import { usePatientUpdates } from '@derm/react'
import { useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { QueryView } from '../ui/query-view.tsx'
import { ChartHeader } from './chart-header.tsx'
import classes from './chart-screen.module.css'
import { Demographics } from './demographics.tsx'
import { usePatient } from './patient-queries.ts'
import { noteRecentPatient } from './recent-patients.ts'

/** A patient's chart. Every section reads for itself and follows by itself; what others change glows. */
export default function ChartScreen() {
  const { patientId = '' }: { patientId?: string } = useParams({ strict: false })
  return <Chart key={patientId} patientId={patientId} />
}

function Chart({ patientId }: { patientId: string }) {
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
      {(loaded) => (
        <div className={classes['chart']} data-testid="chart">
          <div className={classes['top']}>
            <ChartHeader patient={loaded} />
          </div>
          <div className={classes['columns']}>
            <div className={classes['column']}>
              <Demographics patient={loaded} />
            </div>
          </div>
        </div>
      )}
    </QueryView>
  )
}
