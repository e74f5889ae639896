import { createRealtime } from '@derm/react'
import { notifications } from '@mantine/notifications'
import { QueryClient } from '@tanstack/react-query'
import { ApiError } from '../http/api-error.ts'
import { session } from '../session/browser-session.ts'
import { createNotices } from './notices.ts'

/** Errors that may be gone in a moment; all others are answers. */
const isPassing = (error: unknown) =>
  error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500)

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (count, error) => count < 2 && isPassing(error),
    },
    mutations: { retry: false },
  },
})

/** The connection of this page: made once, outside React. */
export const realtime = createRealtime({
  queryClient,
  url: window.location.origin,
  apiUrl: window.location.origin,
  getToken: session.getToken,
  refreshToken: session.refreshToken,
  resources: {
    appointments: [['appointments']],
    waitlist: [['waitlist']],
    recalls: [['recalls']],
    patients: [['patients']],
    coverages: [['coverages']],
    allergies: [['allergies']],
    documents: [['documents']],
    accounts: [['accounts']],
  },
  notify: createNotices({
    show: (notice) => notifications.show(notice),
    hide: (id) => notifications.hide(id),
  }),
})

// The next person at this screen finds nothing of the one before.
session.subscribe(() => {
  if (session.getState().status === 'signed-out') queryClient.clear()
})
