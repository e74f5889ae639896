import { createRealtime } from '@derm/react'
import { notifications } from '@mantine/notifications'
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiError } from '../http/api-error.ts'
import { BASE_PATH } from '../http/base-path.ts'
import { session } from '../session/browser-session.ts'
import { noticeOfEnd } from '../session/session.ts'
import { createNotices } from './notices.ts'

/** Errors that may be gone in a moment; all others are answers. */
const isPassing = (error: unknown) =>
  error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500)

/** The server has said, on the socket or in an answer, that the session is over: nothing of it stays on the screen. */
function endIfOver(code: string | undefined): void {
  const notice = noticeOfEnd(code)
  if (notice !== null && session.getState().status === 'signed-in') session.end(notice)
}

/** An answer to who is signed in now: what has left its cache was asked by the person before. */
function hearRefusal(error: unknown, isCurrent: boolean): void {
  if (!isCurrent || !(error instanceof ApiError)) return
  endIfOver(error.code)
  if (error.code === 'forbidden') readAccessAgain()
}

/** What the navigation and the buttons go by comes with the token. Without an answer the old one serves on: the server decides anyway. */
function readAccessAgain(): void {
  if (session.getState().status === 'signed-in') session.refreshToken().catch(() => {})
}

const queryCache: QueryCache = new QueryCache({
  onError: (error, query) => hearRefusal(error, queryCache.get(query.queryHash) === query),
})
const mutationCache: MutationCache = new MutationCache({
  onError: (error, _variables, _result, mutation) =>
    hearRefusal(
      error,
      mutationCache.getAll().some((one) => Object.is(one, mutation)),
    ),
})

export const queryClient = new QueryClient({
  queryCache,
  mutationCache,
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
  url: window.location.origin + BASE_PATH,
  apiUrl: window.location.origin + BASE_PATH,
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

realtime.onConnection(() => {
  const { status, code } = realtime.getConnection()
  if (status === 'stopped') endIfOver(code)
})
realtime.onAccessChanged(readAccessAgain)

// The next person at this screen finds nothing of the one before: at the end, and of what an answer brought after it.
let wasSignedIn = false
session.subscribe(() => {
  const isSignedIn = session.getState().status === 'signed-in'
  if (isSignedIn === wasSignedIn) return
  wasSignedIn = isSignedIn
  queryClient.clear()
  if (isSignedIn) return
  notifications.clean()
  notifications.cleanQueue()
})
