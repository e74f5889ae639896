import { mayDo, type User } from '@derm/contract'
import { seesTopic } from '../session/access.ts'
import { SCREENS, type Screen } from './screens.ts'

/** The screens that the user may open, in the navigation's order. */
export function screensFor(user: User): Screen[] {
  return SCREENS.filter(({ opens }) =>
    'topic' in opens ? seesTopic(user, opens.topic) : mayDo(user, opens.action, null),
  )
}

/** The screen that a path belongs to: its own, or one of its pages. */
export function screenAt(pathname: string): Screen | undefined {
  return SCREENS.find(({ path }) => pathname === path || pathname.startsWith(`${path}/`))
}
