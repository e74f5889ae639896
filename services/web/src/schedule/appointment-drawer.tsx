import { mayDo, type Appointment, type Location, type Provider } from '@derm/contract'
import { Button, Drawer, Group, Skeleton, Stack, Text } from '@mantine/core'
import { IconEdit, IconUserEdit } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { actionsFor } from '../appointments/possible-actions.ts'
import { useUser } from '../session/use-user.ts'
import type { QueryState } from '../ui/query-state.ts'
import { QueryView } from '../ui/query-view.tsx'
import { PatientForm } from '../patients/patient-form.tsx'
import { AppointmentActions, type ActionPanel } from './appointment-actions.tsx'
import { TYPE_LABEL, CANCEL_LABEL } from '../appointments/appointment-labels.ts'
import { formatBirthDate, fullName } from '../patients/patient-names.ts'
import classes from './appointment-drawer.module.css'
import { CancelForm } from './cancel-form.tsx'
import { EditForm } from './edit-form.tsx'
import { RescheduleForm } from './reschedule-form.tsx'
import { RoomForm } from './room-form.tsx'
import { VisitStages } from './visit-stages.tsx'
import { StatusBadge } from '../appointments/status-badge.tsx'
import { formatDate, formatTime, toWallTime, zoneName } from '../time/zone-time.ts'

export type AppointmentDrawerProps = {
  opened: QueryState<Appointment>
  /** What is open beneath the head. */
  panel: ActionPanel
  onPanel: (panel: ActionPanel) => void
  location: Location
  providers: readonly Provider[]
  appointments: readonly Appointment[]
  onClose: () => void
}

/** One appointment: what it is, and everything that can be done with it. */
export function AppointmentDrawer(props: AppointmentDrawerProps) {
  const { opened, panel, onClose } = props
  return (
    <Drawer
      opened
      onClose={onClose}
      // Escape goes back from a form first, and a click beside it does not discard it.
      closeOnEscape={panel === null}
      closeOnClickOutside={panel === null}
      position="right"
      size={440}
      title="Appointment"
      closeButtonProps={{ 'aria-label': 'Close the appointment', size: 'lg' }}
      data-testid="appointment-drawer"
      classNames={{
        body: classes['body']!,
        header: classes['header']!,
        title: classes['title']!,
      }}
    >
      <QueryView query={opened} what="The appointment" skeleton={<LoadingDetails />}>
        {(appointment) => <Details key={appointment.id} {...props} appointment={appointment} />}
      </QueryView>
    </Drawer>
  )
}

function Details(props: Omit<AppointmentDrawerProps, 'opened'> & { appointment: Appointment }) {
  const { appointment, panel, onPanel, location, providers, appointments } = props
  const user = useUser()
  const possible = user ? actionsFor(user, appointment) : []
  const heading = useRef<HTMLHeadingElement>(null)
  const hadPanel = useRef(panel !== null)
  // A form that closes takes the focused field with it.
  useEffect(() => {
    if (hadPanel.current && panel === null) heading.current?.focus()
    hadPanel.current = panel !== null
  }, [panel])
  const { patient } = appointment
  const zone = location.timeZone
  const day = toWallTime(appointment.startsAt, zone).date
  const provider = providers.find(({ id }) => id === appointment.providerId)
  const room = location.rooms.find(({ id }) => id === appointment.roomId)
  const close = () => onPanel(null)
  const form = { appointment, onDone: close, onCancel: close }

  return (
    <Stack gap="md">
      <div>
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <div>
            <h2 ref={heading} tabIndex={-1} className={classes['name']} data-testid="drawer-patient">
              {fullName(patient)}
            </h2>
            <Text c="dimmed" fz="sm" className="numbers">
              Born {formatBirthDate(patient.dateOfBirth)} · MRN {patient.mrn}
            </Text>
            <Link
              to="/patients/$patientId"
              params={{ patientId: patient.id }}
              className={classes['chart']}
              data-testid="open-chart"
            >
              Open the chart
            </Link>
          </div>
          {user && mayDo(user, 'demographics', null) && panel !== 'patient' ? (
            <Button
              variant="subtle"
              size="compact-sm"
              leftSection={<IconUserEdit size={16} />}
              onClick={() => onPanel('patient')}
              data-testid="action-edit-patient"
            >
              Edit patient
            </Button>
          ) : null}
        </Group>
        <Group mt="sm" gap="xs">
          <span data-testid="drawer-status" data-status-value={appointment.status}>
            <StatusBadge appointment={appointment} />
          </span>
          {appointment.cancelCode === null ? null : (
            <Text fz="sm" c="dimmed">
              {CANCEL_LABEL[appointment.cancelCode]}
            </Text>
          )}
        </Group>
      </div>

      {panel === 'patient' ? <PatientForm patientId={patient.id} onDone={close} onCancel={close} /> : null}
      {panel === 'room' ? <RoomForm {...form} location={location} appointments={appointments} /> : null}
      {panel === 'cancel' ? <CancelForm {...form} /> : null}
      {panel === 'edit' ? <EditForm {...form} /> : null}
      {panel === 'reschedule' ? <RescheduleForm {...form} location={location} providers={providers} /> : null}
      {panel === null ? <AppointmentActions appointment={appointment} possible={possible} onPanel={onPanel} /> : null}

      {panel === null && possible.includes('stage') ? <VisitStages appointment={appointment} /> : null}

      <dl className={classes['facts']}>
        <Fact label="When">
          <span className="numbers">
            {formatDate(day)}
            <br />
            {formatTime(appointment.startsAt, zone)} – {formatTime(appointment.endsAt, zone)} {zoneName(zone, day)}
          </span>
        </Fact>
        <Fact label="Provider">
          {provider?.displayName ?? 'A provider of another location'}
          {provider ? <small>{provider.specialty}</small> : null}
        </Fact>
        <Fact label="Visit">{TYPE_LABEL[appointment.type]}</Fact>
        <Fact label="Room">{room?.name ?? '–'}</Fact>
        <Fact label="Note">
          <span className={classes['note']}>
            {appointment.note === null || appointment.note === '' ? '–' : appointment.note}
          </span>
        </Fact>
      </dl>
      {panel === null && possible.includes('update') ? (
        <div>
          <Button
            variant="default"
            leftSection={<IconEdit size={16} />}
            onClick={() => onPanel('edit')}
            data-testid="action-edit"
          >
            Edit visit and note
          </Button>
        </div>
      ) : null}
      {possible.length > 0 ? null : (
        <Text fz="sm" c="dimmed">
          Your role may see the schedule, but not change it.
        </Text>
      )}
    </Stack>
  )
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function LoadingDetails() {
  return (
    <Stack aria-busy="true">
      <Skeleton h={28} w="60%" />
      <Skeleton h={18} w="40%" />
      <Skeleton h={40} />
      <Skeleton h={160} />
    </Stack>
  )
}
