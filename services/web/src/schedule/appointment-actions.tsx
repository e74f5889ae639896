import { APPOINTMENT_TRANSITIONS, type Appointment } from '@derm/contract'
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
import type { AppointmentAction } from '../appointments/possible-actions.ts'
import classes from './appointment-actions.module.css'
import { useAppointmentChange } from './appointment-changes.ts'

/** What is open beneath the head of the drawer. */
export type ActionPanel = 'room' | 'cancel' | 'edit' | 'reschedule' | 'patient' | null

type ActionButton = { label: string; icon: Icon; panel: ActionPanel; tone: 'step' | 'aside' }

/**
 * A button for each action of the transition table, in the order of a visit; the first step possible is the next one. `null`: the action
 * is offered elsewhere. An action that the table gets is missed here by the compiler.
 */
const BUTTONS: Record<AppointmentAction, ActionButton | null> = {
  'check-in': { label: 'Check in', icon: IconUserCheck, panel: null, tone: 'step' },
  room: { label: 'Room…', icon: IconDoor, panel: 'room', tone: 'step' },
  complete: { label: 'Complete', icon: IconCircleCheck, panel: null, tone: 'step' },
  confirm: { label: 'Confirm', icon: IconRosetteDiscountCheck, panel: null, tone: 'step' },
  'no-show': { label: 'No-show', icon: IconUserX, panel: null, tone: 'aside' },
  cancel: { label: 'Cancel…', icon: IconCircleX, panel: 'cancel', tone: 'aside' },
  reschedule: { label: 'Move…', icon: IconArrowsMove, panel: 'reschedule', tone: 'aside' },
  create: null,
  update: null,
  stage: null,
}
const ORDER = Object.keys(BUTTONS) as AppointmentAction[]

type Props = {
  appointment: Appointment
  possible: readonly AppointmentAction[]
  onPanel: (panel: ActionPanel) => void
}

export function AppointmentActions({ appointment, possible, onPanel }: Props) {
  const isRoomed = appointment.status === 'roomed'
  const change = useAppointmentChange()
  const shown = ORDER.flatMap((name) => {
    const button = possible.includes(name) ? BUTTONS[name] : null
    return button ? [{ name, ...button }] : []
  })
  // Someone already in a room moves on by completing; another room is the exception.
  const next = isRoomed ? 'complete' : shown.find(({ tone }) => tone === 'step')?.name

  function run(name: AppointmentAction, panel: ActionPanel) {
    if (panel !== null) return onPanel(panel)
    const { to } = APPOINTMENT_TRANSITIONS[name]
    const patch = to === 'same' ? {} : { status: to, stage: null }
    change.mutate({ appointment, path: name, body: {}, patch })
  }

  if (shown.length === 0) return null
  return (
    <div className={classes['actions']} role="group" aria-label="Actions">
      {shown.map(({ name, label, icon: ActionIcon, panel, tone }) => (
        <Button
          key={name}
          variant={name === next ? 'filled' : 'default'}
          className={classes[tone]}
          leftSection={<ActionIcon size={17} aria-hidden="true" />}
          loading={change.isPending && change.variables.path === name}
          disabled={change.isPending}
          onClick={() => run(name, panel)}
          data-testid={`action-${name}`}
        >
          {name === 'room' && isRoomed ? 'Other room…' : label}
        </Button>
      ))}
    </div>
  )
}
