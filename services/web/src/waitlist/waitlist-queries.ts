import type { OfferRequest, WaitlistAdd, WaitlistEntry, WaitlistRemovalCode } from '@derm/contract'
import { live } from '@derm/react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { request, requestAll } from '../http/request.ts'
import { acceptAnswer } from '../realtime/optimistic.ts'
import { realtime } from '../realtime/realtime.ts'
import { useFailureNotice } from '../session/failure-notice.ts'
import type { KeptKeys } from '../http/kept-keys.ts'

export function useWaitlist(locationId: string) {
  return useQuery({
    queryKey: ['waitlist', locationId],
    queryFn: live(({ fetch, signal }) => requestAll<WaitlistEntry>(fetch, '/waitlist', { locationId }, signal)),
  })
}

/** `keys`: of the form, so that a lost answer puts nobody on the list twice. */
export function useAddToWaitlist(keys: KeptKeys) {
  const queryClient = useQueryClient()
  const tellFailure = useFailureNotice({ showsError: true })
  return useMutation({
    mutationFn: realtime.mutation('waitlist', ({ fetch }, body: WaitlistAdd) =>
      request<WaitlistEntry>(fetch, '/waitlist', { method: 'POST', body, keys }),
    ),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['waitlist'] }),
    onError: (error) => tellFailure(error),
  })
}

/** `onDone` belongs here: the list is read again before what is given to `mutate` runs, and may have taken the form away. */
export function useOfferSlot(onDone: () => void) {
  const queryClient = useQueryClient()
  const tellFailure = useFailureNotice({ showsError: true })
  return useMutation({
    mutationFn: realtime.mutation(
      'waitlist',
      ({ fetch }, { entry, slot }: { entry: WaitlistEntry; slot: OfferRequest }) =>
        request<WaitlistEntry>(fetch, `/waitlist/${entry.id}/offer`, {
          method: 'POST',
          body: slot,
          version: entry.version,
        }),
    ),
    // The next step is based on this answer, also when it comes before the list does.
    onSuccess(answer: WaitlistEntry) {
      acceptAnswer(queryClient, ['waitlist'], answer)
      onDone()
    },
    // Refused or not, the list is asked anew: a refusal means that someone else was quicker.
    onError: (error) => tellFailure(error),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['waitlist'] }),
  })
}

export function useRemoveFromWaitlist(onDone: () => void) {
  const queryClient = useQueryClient()
  const tellFailure = useFailureNotice({ showsError: true })
  return useMutation({
    mutationFn: realtime.mutation(
      'waitlist',
      ({ fetch }, { entry, code }: { entry: WaitlistEntry; code: WaitlistRemovalCode }) =>
        request<WaitlistEntry>(fetch, `/waitlist/${entry.id}/remove`, {
          method: 'POST',
          body: { code },
          version: entry.version,
        }),
    ),
    onSuccess: () => onDone(),
    onError: (error) => tellFailure(error),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['waitlist'] }),
  })
}
