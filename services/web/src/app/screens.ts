import type { Action, Resource, Topic } from '@derm/contract'
import { IconCalendar, IconPlugConnected, IconUsers, type Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'

/** A page's component, in a bundle of its own. */
type Loader = () => Promise<{ default: () => ReactNode }>

/**
 * One place of the client. The navigation, the router's routes and the first screen of a role follow from the table below: a new screen is
 * one row here and one file with its component.
 */
export type Screen = {
  path: `/${string}`
  label: string
  icon: Icon
  /** A user opens the screen if a role of theirs sees this topic, in any location; or if they may do this in the whole practice. */
  opens: { topic: Topic } | { action: Action }
  /** What it shows, its pages included. A resource that no screen shows needs a reason, below. */
  shows: readonly Resource[]
  load: Loader
  /** Pages below the screen's path, such as one record's. They have no entry of their own in the navigation. */
  pages?: readonly { path: `/${string}`; load: Loader }[]
}

/** In the navigation's order. The first one that a user may open is where they start. */
export const SCREENS: readonly Screen[] = [
  {
    path: '/schedule',
    label: 'Schedule',
    icon: IconCalendar,
    opens: { topic: 'scheduling' },
    shows: ['appointments', 'waitlist'],
    load: () => import('../schedule/schedule-screen.tsx'),
  },
  {
    path: '/patients',
    label: 'Patients',
    icon: IconUsers,
    opens: { topic: 'patients' },
    shows: ['patients', 'coverages', 'allergies', 'documents', 'accounts'],
    load: () => import('../patients/search-screen.tsx'),
    pages: [
      { path: '/$patientId', load: () => import('../patients/chart-screen.tsx') },
      { path: '/$patientId/merge', load: () => import('../patients/merge-screen.tsx') },
    ],
  },
  {
    path: '/connections',
    label: 'Connections',
    icon: IconPlugConnected,
    opens: { action: 'administer' },
    shows: [],
    load: () => import('../connections/connections-screen.tsx'),
  },
]

/** What an event can make stale, and no screen shows, with the reason. */
export const WITHOUT_SCREEN: Partial<Record<Resource, string>> = {
  recalls: 'The worklist of recalls comes with the tasks.',
}
