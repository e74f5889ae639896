import { ALLERGY_TRANSITIONS, mayDo, possibleActions, type Allergy, type User } from '@derm/contract'
import { UpdateHighlight } from '@derm/react'
import { Button, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { QueryView } from '../ui/query-view.tsx'
import { AllergyForm } from './allergy-form.tsx'
import { sortAllergies } from './allergy-order.ts'
import { SEVERITY_LABEL } from './chart-labels.ts'
import classes from './chart-list.module.css'
import { useAllergies } from './chart-queries.ts'
import { ChartSection, type SectionProps } from './chart-section.tsx'
import { MarkInErrorForm } from './mark-in-error-form.tsx'

type Open = { name: 'new' } | { name: 'edit' | 'in-error'; id: string }

/** Allergies: add one, change it, mark one that was entered in error. None is ever deleted. */
export function Allergies({ patientId, user, mayAdd: isActive }: SectionProps) {
  const allergies = useAllergies(patientId)
  const [open, setOpen] = useState<Open | null>(null)
  const close = () => setOpen(null)
  const add = {
    label: 'Add',
    icon: <IconPlus size={16} aria-hidden="true" />,
    onClick: () => setOpen({ name: 'new' }),
    testId: 'add-allergy',
  }
  const mayAdd = isActive && mayDo(user, ALLERGY_TRANSITIONS.create.by, null)
  return (
    <ChartSection title="Allergies" testId="allergies" action={mayAdd && open === null ? add : null}>
      {open?.name === 'new' ? (
        <AllergyForm patientId={patientId} allergy={null} onDone={close} onCancel={close} />
      ) : null}
      <QueryView
        query={allergies}
        what="The allergies"
        isEmpty={(all) => all.length === 0}
        empty={<Text c="dimmed">None recorded. That is not the same as none: ask the patient.</Text>}
      >
        {(all) => (
          <ul className={classes['list']}>
            {sortAllergies(all).map((allergy) => (
              <li key={allergy.id}>
                <UpdateHighlight resource="allergies" id={allergy.id} className={classes['glow']!}>
                  {open?.name === 'edit' && open.id === allergy.id ? (
                    <AllergyForm patientId={patientId} allergy={allergy} onDone={close} onCancel={close} />
                  ) : open?.name === 'in-error' && open.id === allergy.id ? (
                    <MarkInErrorForm
                      resource="allergies"
                      entry={allergy}
                      title={`${allergy.substance} was entered in error?`}
                      says={`${allergy.substance}, ${SEVERITY_LABEL[allergy.severity].toLowerCase()}, ${allergy.reaction ?? 'no reaction'}`}
                      onDone={close}
                      onCancel={close}
                    />
                  ) : (
                    <Entry allergy={allergy} user={user} isQuiet={open !== null} onOpen={setOpen} />
                  )}
                </UpdateHighlight>
              </li>
            ))}
          </ul>
        )}
      </QueryView>
    </ChartSection>
  )
}

type EntryProps = { allergy: Allergy; user: User; isQuiet: boolean; onOpen: (open: Open) => void }

function Entry({ allergy, user, isQuiet, onOpen }: EntryProps) {
  const { id, substance, reaction, severity, status } = allergy
  const possible = isQuiet ? [] : possibleActions(ALLERGY_TRANSITIONS, status, (by) => mayDo(user, by, null))
  return (
    <article className={classes['item']} data-testid={`allergy-${id}`} data-status={status}>
      <div className={classes['main']}>
        <b>{substance}</b>
        {status === 'active' ? (
          <span className={classes['tag']} data-tone={severity === 'severe' ? 'bad' : undefined}>
            {SEVERITY_LABEL[severity]}
          </span>
        ) : (
          <span className={classes['tag']}>Entered in error</span>
        )}
        {reaction === null ? null : <span>{reaction}</span>}
      </div>
      <div className={classes['actions']}>
        {possible.includes('update') ? (
          <Button
            size="compact-sm"
            variant="subtle"
            onClick={() => onOpen({ name: 'edit', id })}
            aria-label={`Edit ${substance}`}
            data-testid={`edit-allergy-${id}`}
          >
            Edit
          </Button>
        ) : null}
        {possible.includes('mark-in-error') ? (
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            onClick={() => onOpen({ name: 'in-error', id })}
            aria-label={`${substance} was entered in error`}
            data-testid={`in-error-allergy-${id}`}
          >
            In error…
          </Button>
        ) : null}
      </div>
    </article>
  )
}
