import './app/no-eval.ts'
import './app/mantine.css'
import './app/base.css'
import './app/statuses.css'
import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createAppRouter } from './app/router.tsx'
import { resolveVariables, theme } from './app/theme.ts'
import { session } from './session/browser-session.ts'

const router = createAppRouter(session)

// The session may end at any moment: by this person, by the server, or in another tab. The router's guard decides where to.
session.subscribe(() => {
  if (session.getState().status === 'signed-out') void router.invalidate()
})

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={resolveVariables} defaultColorScheme="auto">
      <RouterProvider router={router} />
      <Notifications position="bottom-right" limit={8} autoClose={6000} />
    </MantineProvider>
  </StrictMode>,
)
