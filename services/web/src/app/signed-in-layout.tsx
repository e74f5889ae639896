import '@derm/react/styles.css'
import { RealtimeProvider, RealtimeWrapper } from '@derm/react'
import { QueryClientProvider } from '@tanstack/react-query'
import { Outlet, useLocation, useRouter } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { queryClient, realtime } from '../realtime/realtime.ts'
import { useUser } from '../session/use-user.ts'
import { AppHeader } from './app-header.tsx'
import { useLastSearches } from './last-searches.ts'
import { LoadingPage } from '../ui/loading-page.tsx'
import { NavigationMenu, NavigationRail } from './navigation.tsx'
import { NoScreenPage } from './no-screen-page.tsx'
import { screenAt, screensFor } from './screens-for.ts'
import classes from './signed-in-layout.module.css'

/** Everything that all screens share: who is signed in, the way to the other screens, the connection and what it says of itself. */
export function SignedInLayout() {
  const user = useUser()
  const pathname = useLocation({ select: (location) => location.pathname })
  const searchOf = useLastSearches()
  const main = useFocusOnNewPage()
  if (!user) return <LoadingPage />
  const screens = screensFor(user)
  const navigation = { screens, searchOf }
  const screen = screenAt(pathname)
  const isAllowed = screen === undefined || screens.includes(screen)
  return (
    <QueryClientProvider client={queryClient}>
      <RealtimeProvider realtime={realtime}>
        <div className={classes['layout']}>
          <a className="skip-link" href="#main">
            Skip to content
          </a>
          <AppHeader user={user} menu={<NavigationMenu {...navigation} />} />
          <NavigationRail {...navigation} />
          <main id="main" ref={main} tabIndex={-1} className={classes['main']}>
            <RealtimeWrapper className={classes['live']!}>
              {isAllowed ? <Outlet /> : <NoScreenPage user={user} />}
            </RealtimeWrapper>
          </main>
        </div>
      </RealtimeProvider>
    </QueryClientProvider>
  )
}

/** After a link to another page the focus is in its content, as it is after a page load; a page that has put it into a field keeps it there. */
function useFocusOnNewPage() {
  const router = useRouter()
  const main = useRef<HTMLElement>(null)
  useEffect(
    () =>
      router.subscribe('onRendered', ({ fromLocation, pathChanged }) => {
        if (fromLocation && pathChanged && main.current?.contains(document.activeElement) === false)
          main.current.focus({ preventScroll: true })
      }),
    [router],
  )
  return main
}
