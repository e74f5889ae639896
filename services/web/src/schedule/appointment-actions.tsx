import { APPOINTMENT_TRANSITIONS, startsFrom, type Appointment } from '@derm/contract'
import { Button } from '@mantine/core'
import {
  IconArrowsMove,
  IconCircleCheck,
  IconCircleX,
  IconDoor,
  IconRosetteDiscountCheck,
  IconUserCheck,
  IconUserX,
  type Icon,
} from '@tabler/icons-react'
import classes from './appointment-actions.module.css'
import { useAppointmentChange } from './appointment-changes.ts'
import { describeError } from '../http/api-error.ts'

/** What is open beneath the head of the drawer. */
export type ActionPanel = 'room' | 'cancel' | 'edit' | 'reschedule' | 'patient' | null

type AppointmentAction = keyof typeof APPOINTMENT_TRANSITIONS

type Action = {
  name: AppointmentAction
  label: string
  icon: Icon
  panel: ActionPanel
  tone: 'step' | 'aside'
}

/** In the order of a visit; the first one possible is the next step. */
const ACTIONS: readonly Action[] = [
  {
    name: 'check-in',
    label: 'Check in',
    icon: IconUserCheck,
    panel: null,
    tone: 'step',
  },
  { name: 'room', label: 'Room…', icon: IconDoor, panel: 'room', tone: 'step' },
  {
    name: 'complete',
    label: 'Complete',
    icon: IconCircleCheck,
    panel: null,
    tone: 'step',
  },
  {
    name: 'confirm',
    label: 'Confirm',
    icon: IconRosetteDiscountCheck,
    panel: null,
    tone: 'step',
  },
  {
    name: 'no-show',
    label: 'No-show',
    icon: IconUserX,
    panel: null,
    tone: 'aside',
  },
  {
    name: 'cancel',
    label: 'Cancel…',
    icon: IconCircleX,
    panel: 'cancel',
    tone: 'aside',
  },
]

export function isReschedulable({ status }: Pick<Appointment, 'status'>): boolean {
  return startsFrom(APPOINTMENT_TRANSITIONS.reschedule, status)
}

type Props = {
  appointment: Appointment
  onPanel: (panel: ActionPanel) => void
  onError: (text: string) => void
}

export function AppointmentActions({ appointment, onPanel, onError }: Props) {
  const { status } = appointment
  const change = useAppointmentChange()
  const possible = ACTIONS.filter(({ name }) => startsFrom(APPOINTMENT_TRANSITIONS[name], status))
  // Someone already in a room moves on by completing; another room is the exception.
  const next = status === 'roomed' ? 'complete' : possible.find(({ tone }) => tone === 'step')?.name

  function run({ name, panel }: Action) {
    if (panel !== null) return onPanel(panel)
    const { to } = APPOINTMENT_TRANSITIONS[name]
    const patch = to === 'same' ? {} : { status: to }
    change.mutate({ appointment, path: name, body: {}, patch }, { onError: (error) => onError(describeError(error)) })
  }

  if (possible.length === 0 && !isReschedulable(appointment)) return null
  return (
    <div className={classes['actions']} role="group" aria-label="Actions">
      {possible.map((action) => (
        <Button
          key={action.name}
          variant={action.name === next ? 'filled' : 'default'}
          className={classes[action.tone]}
          leftSection={<action.icon size={17} aria-hidden="true" />}
          loading={change.isPending && change.variables.path === action.name}
          disabled={change.isPending}
          onClick={() => run(action)}
          data-testid={`action-${action.name}`}
        >
          {action.name === 'room' && status === 'roomed' ? 'Other room…' : action.label}
        </Button>
      ))}
      {isReschedulable(appointment) ? (
        <Button
          variant="default"
          leftSection={<IconArrowsMove size={17} aria-hidden="true" />}
          onClick={() => onPanel('reschedule')}
          data-testid="action-reschedule"
        >
          Move…
        </Button>
      ) : null}
    </div>
  )
}
