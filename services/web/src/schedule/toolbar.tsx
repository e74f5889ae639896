import type { Location, Provider } from '@derm/contract'
import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  NativeSelect,
  Popover,
  SegmentedControl,
  Skeleton,
  Stack,
  Tooltip,
  VisuallyHidden,
} from '@mantine/core'
import {
  IconCalendarMonth,
  IconChevronLeft,
  IconChevronRight,
  IconFilter,
  IconLayoutColumns,
  IconList,
  IconListCheck,
  IconPlus,
} from '@tabler/icons-react'
import { Suspense, lazy, useState } from 'react'
import type { ScheduleFilter } from './schedule-filter.ts'
import classes from './toolbar.module.css'
import { addDays, formatDate, zoneName } from './zone-time.ts'

const DayPicker = lazy(() => import('./day-picker.tsx'))

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
          className={classes['location']!}
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

function DateButton({
  date,
  today,
  onDate,
  zoneLabel,
}: {
  date: string
  today: string
  onDate: (date: string) => void
  zoneLabel: string
}) {
  const [isOpen, setOpen] = useState(false)
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-start" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <button
          type="button"
          className={classes['date']}
          onClick={() => setOpen(!isOpen)}
          aria-haspopup="dialog"
          data-testid="date"
        >
          <h1 className={classes['heading']}>
            <span className={classes['full']}>{formatDate(date)}</span>
            <span className={classes['brief']}>{formatDate(date, 'short')}</span>
          </h1>
          <span className={classes['zone']}>
            {date === today ? <b>Today · </b> : null}
            {zoneLabel}
          </span>
          <IconCalendarMonth size={18} aria-hidden="true" />
          <VisuallyHidden>Choose a day</VisuallyHidden>
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <Suspense fallback={<Skeleton w={240} h={270} />}>
          <DayPicker
            date={date}
            onDate={(next) => {
              setOpen(false)
              onDate(next)
            }}
          />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  )
}

function ProviderFilter({
  providers,
  filter,
  onFilter,
}: {
  providers: readonly Provider[]
  filter: ScheduleFilter
  onFilter: (filter: ScheduleFilter) => void
}) {
  const count = filter.providerIds.length
  return (
    <Popover position="bottom-end" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button
          variant={count > 0 ? 'light' : 'default'}
          leftSection={<IconFilter size={16} />}
          data-testid="provider-filter"
        >
          <span className={classes['long']}>{count > 0 ? `Providers: ${count}` : 'All providers'}</span>
          <span className={classes['short']}>{count > 0 ? count : 'All'}</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Checkbox.Group
          label="Show these providers"
          value={[...filter.providerIds]}
          onChange={(providerIds) => onFilter({ ...filter, providerIds })}
        >
          <Stack gap={8} mt="xs">
            {providers.map(({ id, displayName, specialty }) => (
              <Checkbox key={id} value={id} label={displayName} description={specialty} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Group justify="flex-end" mt="sm">
          <Button
            variant="subtle"
            size="compact-sm"
            disabled={count === 0}
            onClick={() => onFilter({ ...filter, providerIds: [] })}
          >
            Show all
          </Button>
        </Group>
      </Popover.Dropdown>
    </Popover>
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
