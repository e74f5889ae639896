import type { Appointment, Location, User, WaitlistEntry } from '@derm/contract'
import { useMediaQuery } from '@mantine/hooks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Suspense, lazy, startTransition, useCallback, useDeferredValue, useEffect, useMemo, useState } from 'react'
import { setPreferences, usePreferences } from '../ui/preferences.ts'
import { joinQueries, type QueryState } from '../ui/query-state.ts'
import { QueryView } from '../ui/query-view.tsx'
import { isReschedulable } from '../appointments/possible-actions.ts'
import type { ActionPanel } from './appointment-actions.tsx'
import { AppointmentList } from './appointment-list.tsx'
import { usePendingIds } from './appointment-changes.ts'
import { Board } from './board.tsx'
import { buildColumns, findHours, shareColumns, type Column } from './board-model.ts'
import classes from './schedule-page.module.css'
import type { CreateDialogProps } from './create-dialog.tsx'
import type { DropTarget } from './drag-target.ts'
import { NO_FILTER, filterAppointments, type ScheduleFilter } from './schedule-filter.ts'
import { dayQuery, maySchedule, providersQuery, useAppointment } from './schedule-queries.ts'
import { EmptyDay, LoadingBoard } from './schedule-states.tsx'
import { SummaryRow } from './summary-row.tsx'
import { Toolbar } from './toolbar.tsx'
import { useDragMove } from './use-drag-move.ts'
import { useShortcuts } from '../ui/use-shortcuts.ts'
import { useNow } from '../time/use-now.ts'
import { addDays, toClock, todayIn } from '../time/zone-time.ts'

const AppointmentDrawer = lazy(() =>
  import('./appointment-drawer.tsx').then((module) => ({
    default: module.AppointmentDrawer,
  })),
)
const CreateDialog = lazy(() =>
  import('./create-dialog.tsx').then((module) => ({
    default: module.CreateDialog,
  })),
)
const WaitlistDrawer = lazy(() =>
  import('../waitlist/waitlist-drawer.tsx').then((module) => ({
    default: module.WaitlistDrawer,
  })),
)

type Props = {
  user: User
  locations: readonly Location[]
  location: Location
  date: string
  onNavigate: (to: { location?: string; date?: string }) => void
}

const NONE: readonly Appointment[] = []

/** A day of one location. */
export function SchedulePage({ user, locations, location, date, onNavigate }: Props) {
  const queryClient = useQueryClient()
  const preferences = usePreferences()
  const isNarrow = useMediaQuery('(max-width: 48em)', false, {
    getInitialValueInEffect: false,
  })
  const view = isNarrow ? 'list' : preferences.view === 'auto' ? 'board' : preferences.view
  const today = todayIn(location.timeZone, useNow())
  const isWritable = maySchedule(user, location.id)

  const providers = useQuery(providersQuery(location.id))
  const day = useQuery(dayQuery(location, date))
  const pendingIds = usePendingIds()
  const [chosenFilter, setFilter] = useState<ScheduleFilter>(NO_FILTER)
  // The control answers at once; five hundred cards follow as soon as they are drawn.
  const filter = useDeferredValue(chosenFilter)
  const [open, setOpen] = useState<{ id: string; panel: ActionPanel } | null>(null)
  const [creating, setCreating] = useState<Pick<CreateDialogProps, 'initial' | 'entry'> | null>(null)
  const [isWaitlistOpen, setWaitlistOpen] = useState(false)
  const moveByDrag = useDragMove(location, date)

  const appointments = day.data ?? NONE
  const shownProviders = useMemo(
    () => (providers.data ?? []).filter(({ id }) => filter.providerIds.length === 0 || filter.providerIds.includes(id)),
    [providers.data, filter.providerIds],
  )
  const built = useMemo(
    () => buildColumns(shownProviders, filterAppointments(appointments, filter), date, location.timeZone),
    [shownProviders, appointments, filter, date, location.timeZone],
  )
  const columns = useSharedColumns(built)
  const hours = useMemo(() => findHours(location, columns), [location, columns])
  const opened = useOpened(open?.id ?? null, day)

  const openCard = useCallback((id: string) => startTransition(() => setOpen({ id, panel: null })), [])
  const startCreate = useCallback(
    (target?: DropTarget, entry: WaitlistEntry | null = null) =>
      setCreating({
        entry,
        initial: {
          providerId:
            target?.providerId ?? entry?.offer?.providerId ?? entry?.providerId ?? providers.data?.[0]?.id ?? '',
          date: entry && entry.earliestDate > date ? entry.earliestDate : date,
          time: target ? toClock(target.start) : '',
          length: '',
        },
      }),
    [providers.data, date],
  )
  const goTo = (next: string) => onNavigate({ date: next })
  useShortcuts(
    {
      t: () => goTo(today),
      '[': () => goTo(addDays(date, -1)),
      ']': () => goTo(addDays(date, 1)),
      w: () => setWaitlistOpen(true),
      ...(isWritable ? { n: () => startCreate() } : {}),
    },
    preferences.hasShortcuts,
  )
  useEffect(() => {
    document.title = `Schedule · ${location.name} · DermLive`
  }, [location.name])

  return (
    <div className={classes['page']}>
      <Toolbar
        locations={locations}
        location={location}
        providers={providers.data ?? []}
        date={date}
        today={today}
        view={isNarrow ? null : view}
        filter={chosenFilter}
        isWritable={isWritable}
        onLocation={(id) => onNavigate({ location: id })}
        onDate={goTo}
        onPreview={(next) =>
          void queryClient.prefetchQuery({
            ...dayQuery(location, next),
            staleTime: 20_000,
          })
        }
        onView={(next) => setPreferences({ view: next })}
        onFilter={setFilter}
        onCreate={() => startCreate()}
        onWaitlist={() => setWaitlistOpen(true)}
      />
      <SummaryRow appointments={day.data} filter={chosenFilter} onFilter={setFilter} />
      <QueryView query={joinQueries(day, providers)} what="The schedule" skeleton={<LoadingBoard />}>
        {() => (
          <div className={classes['view']} aria-busy={day.isFetching}>
            {view === 'board' && columns.length > 0 ? (
              <Board
                columns={columns}
                hours={hours}
                location={location}
                date={date}
                isWritable={isWritable}
                pendingIds={pendingIds}
                onOpen={openCard}
                onMove={moveByDrag}
                onCreate={startCreate}
                isMovable={isReschedulable}
              />
            ) : null}
            {view === 'list' && columns.some(({ cards }) => cards.length > 0) ? (
              <AppointmentList
                columns={columns}
                date={date}
                location={location}
                pendingIds={pendingIds}
                onOpen={openCard}
              />
            ) : null}
            {columns.every(({ cards }) => cards.length === 0) ? (
              <EmptyDay
                isFiltered={appointments.length > 0}
                onClear={() => setFilter(NO_FILTER)}
                {...(isWritable ? { onCreate: () => startCreate() } : {})}
              />
            ) : null}
          </div>
        )}
      </QueryView>
      <Suspense fallback={null}>
        {open ? (
          <AppointmentDrawer
            opened={opened}
            panel={open.panel}
            onPanel={(panel) => setOpen({ ...open, panel })}
            location={location}
            providers={providers.data ?? []}
            appointments={appointments}
            onClose={() => setOpen(null)}
          />
        ) : null}
        {isWaitlistOpen ? (
          <WaitlistDrawer
            opened
            isCovered={creating !== null}
            location={location}
            providers={providers.data ?? []}
            date={date}
            isWritable={isWritable}
            onClose={() => setWaitlistOpen(false)}
            onBook={(entry) => startCreate(undefined, entry)}
          />
        ) : null}
        {creating ? (
          <CreateDialog
            {...creating}
            location={location}
            providers={providers.data ?? []}
            onClose={() => setCreating(null)}
            onCreated={(_, on) => {
              setCreating(null)
              if (on !== date) goTo(on)
            }}
          />
        ) : null}
      </Suspense>
    </div>
  )
}

function useSharedColumns(built: readonly Column[]): readonly Column[] {
  const [kept, setKept] = useState({ built, shared: built })
  if (kept.built === built) return kept.shared
  const shared = shareColumns(kept.shared, built)
  setKept({ built, shared })
  return shared
}

/**
 * The open appointment as the board has it, else as the API does: it may have been moved to another day. Until that is read, it stays as it was
 * last shown, so that a form that is open on it stays too.
 */
function useOpened(id: string | null, day: QueryState<Appointment[]>): QueryState<Appointment> {
  const onBoard = id === null ? undefined : day.data?.find((appointment) => appointment.id === id)
  const elsewhere = useAppointment(id !== null && !onBoard ? id : null)
  const [last, setLast] = useState<{ appointment: Appointment; at: number } | null>(null)
  const shown = onBoard ?? elsewhere.data
  if (shown && shown !== last?.appointment)
    setLast({ appointment: shown, at: (onBoard ? day : elsewhere).dataUpdatedAt })
  // What is wrong with the day stands above the board.
  if (onBoard) return { ...day, error: null, data: onBoard }
  if (elsewhere.data || last?.appointment.id !== id) return elsewhere
  return { ...elsewhere, data: last?.appointment, dataUpdatedAt: last?.at ?? 0 }
}
