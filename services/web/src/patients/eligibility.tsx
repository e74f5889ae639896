import { EligibilityOutcome, type COVERAGE_TRANSITIONS, type Coverage, type EligibilityStatus } from '@derm/contract'
import { Button, Menu } from '@mantine/core'
import { IconChevronDown, IconRefresh } from '@tabler/icons-react'
import { describeError } from '../http/api-error.ts'
import { daysBetween, formatDaysAgo } from '../time/ago.ts'
import { useNow } from '../time/use-now.ts'
import { ELIGIBILITY_LABEL, OUTCOME_LABEL } from './chart-labels.ts'
import classes from './chart-list.module.css'
import { usePartChange } from './chart-queries.ts'

/** After so many days a payer's answer is no longer relied on. */
const STALE_AFTER_DAYS = 30

const TONE = {
  unknown: undefined,
  requested: 'wait',
  active: 'good',
  inactive: 'bad',
  not_found: 'bad',
  payer_down: 'wait',
} as const satisfies Record<EligibilityStatus, string | undefined>

type Props = { coverage: Coverage; possible: readonly (keyof typeof COVERAGE_TRANSITIONS)[] }

/** What the payer has said of the coverage, how long ago, and the way to ask again. */
export function Eligibility({ coverage: { id, version, status, checkedAt }, possible }: Props) {
  const change = usePartChange('coverages')
  const now = useNow()
  const days = checkedAt === null ? null : daysBetween(Date.parse(checkedAt), now)
  const isStale = days !== null && days > STALE_AFTER_DAYS
  /** The payer has not said anything since: what is known of before is its last answer, not this status. */
  const isUnanswered = status === 'requested' || status === 'payer_down'
  const isSure = status === 'active' && !isStale
  return (
    <div className={classes['row']} data-testid={`eligibility-${id}`} data-status={status}>
      <span className={classes['tag']} data-tone={isStale && !isUnanswered ? 'wait' : TONE[status]}>
        {ELIGIBILITY_LABEL[status]}
        {isStale && !isUnanswered ? ', out of date' : ''}
      </span>
      <span className={`${classes['aside']} numbers`}>
        {days === null
          ? 'No answer so far'
          : isUnanswered
            ? `Last answer ${formatDaysAgo(days)}`
            : `Checked ${formatDaysAgo(days)}, ${isStale ? 'stale after' : 'good for'} ${STALE_AFTER_DAYS} days`}
      </span>
      {possible.includes('verify') ? (
        <Button
          size="compact-sm"
          variant={isSure ? 'subtle' : 'light'}
          leftSection={<IconRefresh size={15} aria-hidden="true" />}
          loading={change.isPending}
          onClick={() => change.mutate({ path: `/${id}/verify`, body: {}, version })}
          data-testid={`verify-${id}`}
        >
          Verify
        </Button>
      ) : null}
      {possible.includes('record-eligibility') ? (
        <Menu withInitialFocusPlaceholder={false} shadow="md" position="bottom-start">
          <Menu.Target>
            <Button
              size="compact-sm"
              variant="light"
              rightSection={<IconChevronDown size={14} aria-hidden="true" />}
              loading={change.isPending}
              data-testid={`record-${id}`}
            >
              Record the answer
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {EligibilityOutcome.options.map((outcome) => (
              <Menu.Item
                key={outcome}
                onClick={() => change.mutate({ path: `/${id}/record-eligibility`, body: { outcome }, version })}
                data-testid={`outcome-${outcome}`}
              >
                {OUTCOME_LABEL[outcome]}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      ) : null}
      {change.error ? (
        <span role="alert" className={classes['quiet']}>
          {describeError(change.error)}
        </span>
      ) : null}
    </div>
  )
}
