import {
  Outlet,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { describeError } from '../http/api-error.ts'
import { BASE_PATH } from '../http/base-path.ts'
import type { Session } from '../session/session.ts'
import { SignInPage } from '../session/sign-in-page.tsx'
import { LoadingPage } from '../ui/loading-page.tsx'
import { MessagePage } from '../ui/message-page.tsx'
import { SCREENS } from './screens.ts'

const rootRoute = createRootRouteWithContext<{ session: Session }>()({
  component: Outlet,
  notFoundComponent: () => (
    <MessagePage title="There is no such page" action={{ label: 'Go to the first screen', href: `${BASE_PATH}/` }} />
  ),
})

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  component: SignInPage,
  async beforeLoad({ context }) {
    // A server that is away still leaves the form to look at; its answer will say so.
    const state = await context.session.restore().catch(() => null)
    if (state?.status === 'signed-in') throw redirect({ to: '/', replace: true })
  },
})

/** While a bundle loads, and when it does not. */
const statesOf = (component: 'main' | 'div') => ({
  pendingComponent: () => <LoadingPage component={component} />,
  errorComponent: ({ error, reset }: { error: unknown; reset: () => void }) => (
    <MessagePage
      title="This page could not be loaded"
      text={describeError(error)}
      action={{ label: 'Try again', onClick: reset }}
      component={component}
    />
  ),
})

/** What is behind the sign-in comes in bundles of its own: the layout with its policy, and each screen. */
const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'signed-in',
  async beforeLoad({ context }) {
    const state = await context.session.restore()
    if (state.status !== 'signed-in') throw redirect({ to: '/sign-in', replace: true })
  },
  component: lazyRouteComponent(() => import('./signed-in-layout.tsx'), 'SignedInLayout'),
  ...statesOf('main'),
})

const indexRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./first-screen.tsx'), 'FirstScreen'),
})

const screenRoutes = SCREENS.flatMap(({ path, load, pages = [] }) =>
  [{ path, load }, ...pages.map((page) => ({ path: `${path}${page.path}` as const, load: page.load }))].map((page) =>
    createRoute({
      getParentRoute: () => signedInRoute,
      path: page.path,
      component: lazyRouteComponent(page.load),
      ...statesOf('div'),
    }),
  ),
)

const routeTree = rootRoute.addChildren([signInRoute, signedInRoute.addChildren([indexRoute, ...screenRoutes])])

export function createAppRouter(session: Session) {
  return createRouter({
    routeTree,
    context: { session },
    basepath: BASE_PATH || '/',
    defaultPreload: false,
    defaultPendingMs: 150,
    scrollRestoration: false,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
