import { Navigate } from '@tanstack/react-router'
import { useUser } from '../session/use-user.ts'
import { NoScreenPage } from './no-screen-page.tsx'
import { screensFor } from './screens-for.ts'

/** `/`: where a user starts. */
export function FirstScreen() {
  const user = useUser()
  if (!user) return null
  const [first] = screensFor(user)
  return first ? <Navigate to={first.path} replace /> : <NoScreenPage user={user} />
}
