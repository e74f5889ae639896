import { UpdateHighlight } from '@derm/react'
import { IconAlertTriangle, IconShieldQuestion } from '@tabler/icons-react'
import { QueryView } from '../ui/query-view.tsx'
import { isActive, sortAllergies } from './allergy-order.ts'
import { SEVERITY_LABEL } from './chart-labels.ts'
import { useAllergies } from './chart-queries.ts'
import classes from './allergy-strip.module.css'

/** What can harm, in sight above everything else of a chart: the worst first. That nothing is recorded is not that there is nothing. */
export function AllergyStrip({ patientId }: { patientId: string }) {
  const allergies = useAllergies(patientId)
  return (
    <section className={classes['strip']} aria-label="Active allergies" data-testid="allergy-strip">
      <QueryView query={allergies} what="The allergies" skeleton={<span aria-busy="true">Allergies: loading…</span>}>
        {(all) => {
          const active = sortAllergies(all).filter(isActive)
          if (active.length === 0)
            return (
              <span className={classes['none']}>
                <IconShieldQuestion size={17} aria-hidden="true" /> No allergies recorded
              </span>
            )
          return (
            <>
              <span className={classes['title']}>
                <IconAlertTriangle size={17} aria-hidden="true" /> Allergies
              </span>
              <ul className={classes['list']}>
                {active.map(({ id, substance, reaction, severity }) => (
                  <li key={id}>
                    <UpdateHighlight resource="allergies" id={id} className={classes['glow']!}>
                      <span className={classes['allergy']} data-severity={severity}>
                        <b>{substance}</b> {SEVERITY_LABEL[severity].toLowerCase()}
                        {reaction === null ? null : ` · ${reaction}`}
                      </span>
                    </UpdateHighlight>
                  </li>
                ))}
              </ul>
            </>
          )
        }}
      </QueryView>
    </section>
  )
}
