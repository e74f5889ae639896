import { COVERAGE_TRANSITIONS, CoverageRank, mayDo, possibleActions, type Coverage, type User } from '@derm/contract'
import { UpdateHighlight } from '@derm/react'
import { Button, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { QueryView } from '../ui/query-view.tsx'
import { RANK_LABEL } from './chart-labels.ts'
import classes from './chart-list.module.css'
import { useCoverages } from './chart-queries.ts'
import { ChartSection, type SectionProps } from './chart-section.tsx'
import { CoverageEndForm } from './coverage-end-form.tsx'
import { CoverageForm } from './coverage-form.tsx'
import { formatSpan } from './coverage-draft.ts'
import { Eligibility } from './eligibility.tsx'
import { todayHere } from './patient-names.ts'

type Open = { name: 'new' } | { name: 'edit' | 'end'; id: string }

/** Insurance: who pays, in which order, and whether they have said so lately. */
export function Coverages({ patientId, user, mayAdd: isActive }: SectionProps) {
  const coverages = useCoverages(patientId)
  const [open, setOpen] = useState<Open | null>(null)
  const close = () => setOpen(null)
  const add = {
    label: 'Add',
    icon: <IconPlus size={16} aria-hidden="true" />,
    onClick: () => setOpen({ name: 'new' }),
    testId: 'add-coverage',
  }
  const mayAdd = isActive && mayDo(user, COVERAGE_TRANSITIONS.create.by, null)
  return (
    <ChartSection title="Insurance" testId="coverages" action={mayAdd && open === null ? add : null}>
      {open?.name === 'new' ? (
        <CoverageForm patientId={patientId} coverage={null} onDone={close} onCancel={close} />
      ) : null}
      <QueryView
        query={coverages}
        what="The insurance"
        isEmpty={(all) => all.length === 0}
        empty={<Text c="dimmed">No insurance recorded.</Text>}
      >
        {(all) => (
          <ul className={classes['list']}>
            {sortCoverages(all).map((coverage) => (
              <li key={coverage.id}>
                <UpdateHighlight resource="coverages" id={coverage.id} className={classes['glow']!}>
                  {open?.name === 'edit' && open.id === coverage.id ? (
                    <CoverageForm patientId={patientId} coverage={coverage} onDone={close} onCancel={close} />
                  ) : open?.name === 'end' && open.id === coverage.id ? (
                    <CoverageEndForm coverage={coverage} onDone={close} onCancel={close} />
                  ) : (
                    <Entry coverage={coverage} user={user} isQuiet={open !== null} onOpen={setOpen} />
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

type EntryProps = { coverage: Coverage; user: User; isQuiet: boolean; onOpen: (open: Open) => void }

function Entry({ coverage, user, isQuiet, onOpen }: EntryProps) {
  const { id, payerName, memberId, planName, rank, status } = coverage
  const possible = isQuiet ? [] : possibleActions(COVERAGE_TRANSITIONS, status, (by) => mayDo(user, by, null))
  const isOver = isEnded(coverage)
  return (
    <article className={classes['item']} data-testid={`coverage-${id}`}>
      <div className={classes['main']}>
        <b>{payerName}</b>
        <span className={classes['tag']}>{RANK_LABEL[rank]}</span>
        {isOver ? (
          <span className={classes['tag']} data-tone="bad">
            Ended
          </span>
        ) : null}
        <span className={`${classes['quiet']} numbers`}>
          Member {memberId}
          {planName === null ? '' : ` · ${planName}`} · {formatSpan(coverage)}
        </span>
      </div>
      <div className={classes['actions']}>
        {possible.includes('update') ? (
          <Button
            size="compact-sm"
            variant="subtle"
            onClick={() => onOpen({ name: 'edit', id })}
            aria-label={`Edit ${payerName}`}
            data-testid={`edit-coverage-${id}`}
          >
            Edit
          </Button>
        ) : null}
        {possible.includes('end') ? (
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            onClick={() => onOpen({ name: 'end', id })}
            aria-label={`End ${payerName}`}
            data-testid={`end-coverage-${id}`}
          >
            End…
          </Button>
        ) : null}
      </div>
      {isOver ? null : <Eligibility coverage={coverage} possible={possible} />}
    </article>
  )
}

const isEnded = ({ effectiveTo }: Coverage) => effectiveTo !== null && effectiveTo < todayHere()

/** Who pays first stands first; what has ended, last. */
function sortCoverages(coverages: readonly Coverage[]): Coverage[] {
  const ranks = CoverageRank.options as readonly string[]
  return coverages.toSorted(
    (a, b) => Number(isEnded(a)) - Number(isEnded(b)) || ranks.indexOf(a.rank) - ranks.indexOf(b.rank),
  )
}
