import type { AppointmentStatus } from '@derm/contract'
import {
  IconCalendar,
  IconCircleCheck,
  IconCircleX,
  IconDoor,
  IconRosetteDiscountCheck,
  IconUserCheck,
  IconUserX,
  type Icon,
} from '@tabler/icons-react'

/** A status has its own shape too: colour alone tells nothing to one in twelve men. */
const STATUS_ICON = {
  scheduled: IconCalendar,
  confirmed: IconRosetteDiscountCheck,
  checked_in: IconUserCheck,
  roomed: IconDoor,
  completed: IconCircleCheck,
  cancelled: IconCircleX,
  no_show: IconUserX,
} as const satisfies Record<AppointmentStatus, Icon>

export function StatusIcon({ status, size = 14 }: { status: AppointmentStatus; size?: number }) {
  const StatusShape = STATUS_ICON[status]
  return <StatusShape size={size} stroke={2} aria-hidden="true" />
}
