import type { Patient, PatientList, PatientUpdate } from '@derm/contract'
import { live } from '@derm/react'
import { keepPreviousData, queryOptions, skipToken, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ApiError } from '../http/api-error.ts'
import { request } from '../http/request.ts'
import { realtime } from '../realtime/realtime.ts'

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

const changePatient = realtime.mutation(
  'patients',
  ({ fetch }, { patient, changes }: { patient: Patient; changes: PatientUpdate }) =>
    request<Patient>(fetch, `/patients/${patient.id}`, { method: 'PATCH', body: changes, version: patient.version }),
)

export function usePatientChange() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: changePatient,
    onSuccess: (answer) => {
      queryClient.setQueryData(['patients', 'one', answer.id], answer)
      for (const root of ['appointments', 'waitlist', 'patients'])
        void queryClient.invalidateQueries({ queryKey: [root] })
    },
    onError: (error, { patient }) => {
      if (error instanceof ApiError && error.code === 'conflict')
        void queryClient.invalidateQueries({
          queryKey: ['patients', 'one', patient.id],
        })
    },
  })
}
