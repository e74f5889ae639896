import type { Account, Allergy, Coverage, PatientDocument, Resource } from '@derm/contract'
import { live } from '@derm/react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { request, requestAll } from '../http/request.ts'
import { realtime } from '../realtime/realtime.ts'
import { useFailureNotice } from '../session/failure-notice.ts'
import type { KeptKeys } from '../http/kept-keys.ts'

/** A part of a patient's record: its resource is also its path and the root of its query keys. */
const useParts = <Part>(resource: Resource, patientId: string) =>
  useQuery({
    queryKey: [resource, patientId],
    queryFn: live(({ fetch, signal }) => requestAll<Part>(fetch, `/${resource}`, { patientId }, signal)),
  })

export const useAllergies = (patientId: string) => useParts<Allergy>('allergies', patientId)
export const useCoverages = (patientId: string) => useParts<Coverage>('coverages', patientId)
export const useDocuments = (patientId: string) => useParts<PatientDocument>('documents', patientId)
/** One account, or none yet. */
export const useAccounts = (patientId: string) => useParts<Account>('accounts', patientId)

/** `path`: below the resource's own. `version`: of the part that is changed; none for a new one. */
type PartChange = { path?: string; method?: 'POST' | 'PATCH'; body: unknown; version?: number }

/** Any change of one part. Refused or not, the part is read again: a refusal means that someone else was quicker. `keys`: of a form. */
export function usePartChange<Part = unknown>(resource: Resource, keys?: KeptKeys) {
  const queryClient = useQueryClient()
  const tellFailure = useFailureNotice({ showsError: true })
  return useMutation({
    mutationFn: realtime.mutation(resource, ({ fetch }, { path = '', method = 'POST', body, version }: PartChange) =>
      request<Part>(fetch, `/${resource}${path}`, {
        method,
        body,
        keys,
        ...(version === undefined ? {} : { version }),
      }),
    ),
    onError: (error) => tellFailure(error),
    onSettled: () => queryClient.invalidateQueries({ queryKey: [resource] }),
  })
}
