import type { User } from '@derm/contract'
import { Button } from '@mantine/core'
import { useId, type ReactNode } from 'react'
import classes from './chart-section.module.css'

/** What a section with entries of its own gets. `mayAdd`: the chart takes new entries, from those whose role allows it. */
export type SectionProps = { patientId: string; user: User; mayAdd: boolean }

type Props = {
  title: string
  /** What the section lets the user do, at its head. */
  action?: { label: string; icon: ReactNode; onClick: () => void; testId: string } | null
  children: ReactNode
  testId: string
}

/** One part of a chart. */
export function ChartSection({ title, action, children, testId }: Props) {
  const titleId = useId()
  return (
    <section className={classes['section']} aria-labelledby={titleId} data-testid={testId}>
      <div className={classes['head']}>
        <h2 id={titleId} className={classes['title']}>
          {title}
        </h2>
        {action ? (
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={action.icon}
            onClick={action.onClick}
            data-testid={action.testId}
          >
            {action.label}
          </Button>
        ) : null}
      </div>
      {children}
    </section>
  )
}
