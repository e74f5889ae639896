import type { User } from '@derm/contract'
import { useEffect } from 'react'
import { MessagePage } from '../ui/message-page.tsx'
import { roleNames } from './role-labels.ts'
import { screensFor } from './screens-for.ts'

/** For who is signed in and may not open the screen of this url, or none at all. */
export function NoScreenPage({ user }: { user: User }) {
  useEffect(() => {
    document.title = 'DermLive'
  }, [])
  const [first] = screensFor(user)
  const roles = roleNames(user)
  if (first)
    return (
      <MessagePage
        component="div"
        title="This screen is not for your role"
        text={`You are signed in as ${roles}, a role that does not see what this screen shows.`}
        action={{ label: `Go to ${first.label}`, href: first.path }}
      />
    )
  return (
    <MessagePage
      component="div"
      title="There is no screen for you yet"
      text={
        roles === ''
          ? 'No role has been given to your account. Ask the owner of the practice.'
          : `You are signed in as ${roles}. DermLive has no screen for this role so far.`
      }
    />
  )
}
