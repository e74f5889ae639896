import type { Appointment, AppointmentCreate } from '@derm/contract'
import { useMutation, useMutationState, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { ApiError } from '../http/api-error.ts'
import { request } from '../http/request.ts'
import { realtime } from '../realtime/realtime.ts'
import { titleOfFailure, useFailureNotice } from '../session/failure-notice.ts'
import type { KeptKeys } from '../http/kept-keys.ts'
import { acceptAnswer, showOptimistically } from '../realtime/optimistic.ts'
import { fullName } from '../patients/patient-names.ts'

type AppointmentChange = {
  /** As the person saw it: its version goes along as `If-Match`. */
  appointment: Appointment
  /** Below the appointment: an action's name, or nothing for a `PATCH`. */
  path: string
  method?: 'POST' | 'PATCH'
  body: unknown
  /** What the board shows until the server has answered. */
  patch: Partial<Appointment>
}

const CHANGE_KEY = ['change-appointment']
const LISTS = ['appointments']

const changeAppointment = realtime.mutation(
  'appointments',
  ({ fetch }, { appointment, path, method = 'POST', body }: AppointmentChange) =>
    request<Appointment>(fetch, `/appointments/${appointment.id}${path === '' ? '' : `/${path}`}`, {
      method,
      body,
      version: appointment.version,
    }),
)

/**
 * Every change of an existing appointment: shown at once, put back when it is refused. A notice says why, wherever the person is by then; callbacks
 * that are given to `mutate` do not run after an unmount or a second `mutate`. `showsError`: the caller shows the error itself while it is there.
 */
export function useAppointmentChange({
  showsError = false,
  titleOf = titleOfChange,
}: { showsError?: boolean; titleOf?: (appointment: Appointment, error: unknown) => string } = {}) {
  const queryClient = useQueryClient()
  const tellFailure = useFailureNotice({ showsError })
  return useMutation({
    mutationKey: CHANGE_KEY,
    mutationFn: changeAppointment,
    onMutate: ({ appointment, patch }) => showOptimistically(queryClient, LISTS, appointment.id, patch),
    onSuccess: (answer) => acceptAnswer(queryClient, LISTS, answer),
    onError: (error, { appointment }, shown) => {
      shown?.rollBack()
      refetchAfterConflict(queryClient, error)
      tellFailure(error, titleOf(appointment, error), `failed-${appointment.id}`)
    },
  })
}

const titleOfChange = ({ patient }: Appointment, error: unknown) =>
  titleOfFailure(error, `The change for ${fullName(patient)}`)

/** The server knows a newer state than this screen: ask for it now, whether or not its event has come. */
function refetchAfterConflict(queryClient: QueryClient, error: unknown): void {
  if (error instanceof ApiError && ['conflict', 'invalid_transition', 'slot_taken', 'not_found'].includes(error.code))
    void queryClient.invalidateQueries({ queryKey: LISTS })
}

/** `keys`: of the form, so that a lost answer books nobody twice. */
export function useCreateAppointment(keys: KeptKeys) {
  const queryClient = useQueryClient()
  const tellFailure = useFailureNotice({ showsError: true })
  return useMutation({
    mutationFn: realtime.mutation<AppointmentCreate, Appointment>('appointments', ({ fetch }, body) =>
      request<Appointment>(fetch, '/appointments', { method: 'POST', body, keys }),
    ),
    onSuccess: (_answer, { waitlistEntryId }) => {
      void queryClient.invalidateQueries({ queryKey: LISTS })
      if (waitlistEntryId !== undefined) void queryClient.invalidateQueries({ queryKey: ['waitlist'] })
    },
    onError: (error) => {
      refetchAfterConflict(queryClient, error)
      tellFailure(error)
    },
  })
}

/** The appointments that a change by this window is on its way for. */
export function usePendingIds(): ReadonlySet<string> {
  const ids = useMutationState({
    filters: { mutationKey: CHANGE_KEY, status: 'pending' },
    select: (mutation) => (mutation.state.variables as AppointmentChange | undefined)?.appointment.id,
  })
  const joined = ids.join()
  return useMemo(() => new Set(joined === '' ? [] : joined.split(',')), [joined])
}
