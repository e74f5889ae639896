import { Button, Center, Stack, Text, Title } from '@mantine/core'
import { Outlet, createRootRouteWithContext, createRoute, createRouter, redirect } from '@tanstack/react-router'
import { describeError } from '../http/api-error.ts'
import type { Session } from '../session/session.ts'
import { SignInPage } from '../session/sign-in-page.tsx'
import { parseScheduleSearch } from '../schedule/schedule-search.ts'
import { LoadingPage } from './loading-page.tsx'

const rootRoute = createRootRouteWithContext<{ session: Session }>()({
  component: Outlet,
  notFoundComponent: () => (
    <MessagePage title="There is no such page" action={{ label: 'Go to the schedule', href: '/schedule' }} />
  ),
})

const indexRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/schedule', replace: true })
  },
})

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  component: SignInPage,
  async beforeLoad({ context }) {
    // A server that is away still leaves the form to look at; its answer will say so.
    const state = await context.session.restore().catch(() => null)
    if (state?.status === 'signed-in') throw redirect({ to: '/schedule', replace: true })
  },
})

/** The screens behind the sign-in come in a bundle of their own. */
const scheduleRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/schedule',
  validateSearch: parseScheduleSearch,
  async beforeLoad({ context }) {
    const state = await context.session.restore()
    if (state.status !== 'signed-in') throw redirect({ to: '/sign-in', replace: true })
  },
  pendingComponent: LoadingPage,
  errorComponent: ({ error, reset }) => (
    <MessagePage
      title="This page could not be loaded"
      text={describeError(error)}
      action={{ label: 'Try again', onClick: reset }}
    />
  ),
}).lazy(() => import('../schedule/schedule-route.tsx').then(({ scheduleLazyRoute }) => scheduleLazyRoute))

const routeTree = rootRoute.addChildren([indexRoute, signInRoute, scheduleRoute])

export function createAppRouter(session: Session) {
  return createRouter({
    routeTree,
    context: { session },
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

type MessagePageProps = {
  title: string
  text?: string
  action: { label: string; href?: string; onClick?: () => void }
}

function MessagePage({ title, text, action }: MessagePageProps) {
  return (
    <Center component="main" mih="100dvh" p="lg">
      <Stack align="center" gap="sm" role="alert">
        <Title order={1}>{title}</Title>
        {text === undefined ? null : <Text c="dimmed">{text}</Text>}
        {action.href === undefined ? (
          <Button onClick={() => (action.onClick ?? (() => undefined))()}>{action.label}</Button>
        ) : (
          <Button component="a" href={action.href}>
            {action.label}
          </Button>
        )}
      </Stack>
    </Center>
  )
}
