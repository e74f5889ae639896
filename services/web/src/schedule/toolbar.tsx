import type { Location, Provider } from '@derm/contract'
import { ActionIcon, Button, NativeSelect, SegmentedControl, Tooltip, VisuallyHidden } from '@mantine/core'
import {
  IconChevronLeft,
  IconChevronRight,
  IconLayoutColumns,
  IconList,
  IconListCheck,
  IconPlus,
} from '@tabler/icons-react'
import { DateButton } from './date-button.tsx'
import { ProviderFilter } from './provider-filter.tsx'
import type { ScheduleFilter } from './schedule-filter.ts'
import classes from './toolbar.module.css'
import { addDays, zoneName } from '../time/zone-time.ts'

type Props = {
  locations: readonly Location[]
  location: Location
  providers: readonly Provider[]
  date: string
  today: string
  /** `null`: there is no choice on a narrow screen. */
  view: 'board' | 'list' | null
  filter: ScheduleFilter
  isWritable: boolean
  onLocation: (id: string) => void
  onDate: (date: string) => void
  onPreview: (date: string) => void
  onView: (view: 'board' | 'list') => void
  onFilter: (filter: ScheduleFilter) => void
  onCreate: () => void
  onWaitlist: () => void
}

export function Toolbar(props: Props) {
  const { locations, location, providers, date, today, view, filter, isWritable } = props
  const step = (days: number) => ({
    onClick: () => props.onDate(addDays(date, days)),
    onPointerEnter: () => props.onPreview(addDays(date, days)),
    onFocus: () => props.onPreview(addDays(date, days)),
  })
  return (
    <div className={classes['toolbar']}>
      <div className={classes['days']} role="group" aria-label="Day">
        <Tooltip label="Previous day ( [ )">
          <ActionIcon variant="default" size={36} aria-label="Previous day" {...step(-1)} data-testid="previous-day">
            <IconChevronLeft size={18} />
          </ActionIcon>
        </Tooltip>
        <Button
          variant="default"
          px="sm"
          disabled={date === today}
          onClick={() => props.onDate(today)}
          data-testid="today"
        >
          Today
        </Button>
        <Tooltip label="Next day ( ] )">
          <ActionIcon variant="default" size={36} aria-label="Next day" {...step(1)} data-testid="next-day">
            <IconChevronRight size={18} />
          </ActionIcon>
        </Tooltip>
        <DateButton date={date} today={today} onDate={props.onDate} zoneLabel={zoneName(location.timeZone, date)} />
      </div>
      <div className={classes['tools']}>
        <NativeSelect
          aria-label="Location"
          className={classes['location']}
          data={locations.map(({ id, name }) => ({ value: id, label: name }))}
          value={location.id}
          onChange={(event) => props.onLocation(event.currentTarget.value)}
          data-testid="location"
        />
        <ProviderFilter providers={providers} filter={filter} onFilter={props.onFilter} />
        {view === null ? null : (
          <SegmentedControl
            aria-label="View"
            value={view}
            onChange={(next) => props.onView(next === 'list' ? 'list' : 'board')}
            data={[
              {
                value: 'board',
                label: <ViewLabel icon={<IconLayoutColumns size={17} />} text="Board" />,
              },
              {
                value: 'list',
                label: <ViewLabel icon={<IconList size={17} />} text="List" />,
              },
            ]}
            data-testid="view"
          />
        )}
        <Button
          variant="default"
          leftSection={<IconListCheck size={17} />}
          onClick={props.onWaitlist}
          data-testid="open-waitlist"
        >
          Waitlist
        </Button>
        {isWritable ? (
          <Button leftSection={<IconPlus size={17} />} onClick={props.onCreate} data-testid="new-appointment">
            New<span className={classes['long']}>&nbsp;appointment</span>
          </Button>
        ) : null}
      </div>
    </div>
  )
}

function ViewLabel({ icon, text }: { icon: React.ReactNode; text: string }) {
  return (
    <span className={classes['view']}>
      {icon}
      <VisuallyHidden>{text}</VisuallyHidden>
    </span>
  )
}
