import type { ConnectionList } from '@derm/contract'
import { live } from '@derm/react'
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { request } from '../http/request.ts'
import { realtime } from '../realtime/realtime.ts'
import { useFailureNotice } from '../session/failure-notice.ts'

/** No event tells of a socket: while the screen is shown, it asks. Each time is an entry in the audit log. */
const EVERY_MS = 10_000

export const connectionsQuery = () =>
  queryOptions({
    queryKey: ['connections'],
    queryFn: live(({ fetch, signal }) => request<ConnectionList>(fetch, '/admin/connections', { signal })),
    refetchInterval: EVERY_MS,
    gcTime: 60_000,
  })

/** What is ended: one session, or all of a user's. */
export type Ending = { of: 'sessions' | 'users'; id: string }

const endSessions = realtime.mutation([], ({ fetch }, { of, id }: Ending) =>
  request<{ hasEnded: boolean }>(fetch, `/admin/${of}/${id}/${of === 'users' ? 'end-sessions' : 'end'}`, {
    method: 'POST',
    body: {},
  }),
)

export function useEnding() {
  const queryClient = useQueryClient()
  const tellFailure = useFailureNotice({ showsError: true })
  return useMutation({
    mutationFn: endSessions,
    onError: (error) => tellFailure(error),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['connections'] }),
  })
}
