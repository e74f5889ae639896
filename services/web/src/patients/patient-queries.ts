import type { Patient, PatientList, PatientUpdate } from '@derm/contract'
import { live } from '@derm/react'
import { keepPreviousData, queryOptions, skipToken, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ApiError } from '../http/api-error.ts'
import { request } from '../http/request.ts'
import { realtime } from '../realtime/realtime.ts'
import { useFailureNotice } from '../session/failure-notice.ts'
import type { KeptKeys } from '../http/kept-keys.ts'

export const patientQuery = (id: string) =>
  queryOptions({
    queryKey: ['patients', 'one', id],
    queryFn: live(({ fetch, signal }) => request<Patient>(fetch, `/patients/${id}`, { signal })),
  })

export function usePatient(id: string) {
  return useQuery(patientQuery(id))
}

/** The first patients that a search finds, and whether there are more. The words go in a body: no name stands in a url. */
export function usePatientSearch(query: string) {
  return useQuery<PatientList>({
    queryKey: ['patients', 'search', query],
    queryFn:
      query === ''
        ? skipToken
        : live(({ fetch, signal }) =>
            request<PatientList>(fetch, '/patients/search', { method: 'POST', body: { query, limit: 20 }, signal }),
          ),
    ...(query === '' ? {} : { placeholderData: keepPreviousData<PatientList> }),
    gcTime: 60_000,
  })
}

/** Who shows a patient's name shows it anew after these. */
const SHOWING = ['patients', 'appointments', 'waitlist'] as const

/** `path`: the action, or nothing for a `PATCH`. */
type PatientChange = { patient: Patient; path?: string; body: unknown }

const changePatient = realtime.mutation('patients', ({ fetch }, { patient, path, body }: PatientChange) =>
  request<Patient>(fetch, `/patients/${patient.id}${path === undefined ? '' : `/${path}`}`, {
    method: path === undefined ? 'PATCH' : 'POST',
    body,
    version: patient.version,
  }),
)

/** A change of the record itself, by its version. */
export function usePatientChange() {
  const queryClient = useQueryClient()
  const tellFailure = useFailureNotice({ showsError: true })
  return useMutation({
    mutationFn: changePatient,
    onSuccess(answer) {
      queryClient.setQueryData(['patients', 'one', answer.id], answer)
      for (const root of SHOWING) void queryClient.invalidateQueries({ queryKey: [root] })
    },
    onError(error, { patient }) {
      if (error instanceof ApiError && ['conflict', 'invalid_transition', 'patient_merged'].includes(error.code))
        void queryClient.invalidateQueries({ queryKey: ['patients', 'one', patient.id] })
      tellFailure(error)
    },
  })
}

/** `keys`: of the form, so that a lost answer makes no second patient. */
export function usePatientCreate(keys: KeptKeys) {
  const queryClient = useQueryClient()
  const tellFailure = useFailureNotice({ showsError: true })
  return useMutation({
    mutationFn: realtime.mutation<PatientUpdate, Patient>('patients', ({ fetch }, body) =>
      request<Patient>(fetch, '/patients', { method: 'POST', body, keys }),
    ),
    onSuccess(answer) {
      queryClient.setQueryData(['patients', 'one', answer.id], answer)
      void queryClient.invalidateQueries({ queryKey: ['patients', 'search'] })
    },
    onError: (error) => tellFailure(error),
  })
}

/** Gives one record up for the other. Everything that hung on it hangs on the other now, so everything is read again. */
export function usePatientMerge() {
  const queryClient = useQueryClient()
  const tellFailure = useFailureNotice({ showsError: true })
  return useMutation({
    mutationFn: realtime.mutation(
      ['patients', 'appointments', 'waitlist', 'coverages', 'allergies', 'documents', 'accounts'],
      ({ fetch }, { surviving, merged }: { surviving: Patient; merged: Patient }) =>
        request<Patient>(fetch, `/patients/${merged.id}/merge`, {
          method: 'POST',
          body: { intoId: surviving.id },
          version: merged.version,
        }),
    ),
    onError: (error) => tellFailure(error),
    onSettled: () => queryClient.invalidateQueries(),
  })
}
