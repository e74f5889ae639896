import type { Location, Provider, WaitlistEntry } from '@derm/contract'
import { useState } from 'react'
import { describeError } from '../http/api-error.ts'
import { TYPE_MINUTES } from '../appointments/appointment-labels.ts'
import { FormFrame } from '../ui/form-frame.tsx'
import { useOpenedOn } from '../ui/opened-on.ts'
import { SlotFields, toSlot, type SlotDraft } from '../appointments/slot-fields.tsx'
import { zoneName } from '../time/zone-time.ts'
import { useOfferSlot } from './waitlist-queries.ts'

type Props = {
  entry: WaitlistEntry
  location: Location
  providers: readonly Provider[]
  date: string
  onDone: () => void
  onCancel: () => void
}

export function OfferForm({ entry, location, providers, date, onDone, onCancel }: Props) {
  const [draft, setDraft] = useState<SlotDraft>({
    providerId: entry.providerId ?? providers[0]?.id ?? '',
    date: date < entry.earliestDate ? entry.earliestDate : date,
    time: '',
    length: String(TYPE_MINUTES[entry.type]),
  })
  const [isChecked, setChecked] = useState(false)
  const offer = useOfferSlot(onDone)
  const { isConflict, takeBase } = useOpenedOn(entry, offer.error)
  const slot = toSlot(draft, location.timeZone)
  return (
    <FormFrame
      title="Offer a slot"
      submitLabel={isConflict ? 'Offer it anyway' : 'Offer'}
      testId="offer-form"
      isPending={offer.isPending}
      error={isChecked && slot === null ? 'Choose a date and a time.' : offer.error ? describeError(offer.error) : null}
      onSubmit={() => {
        setChecked(true)
        if (slot) offer.mutate({ entry: takeBase(), slot })
      }}
      onCancel={onCancel}
    >
      <SlotFields
        draft={draft}
        onChange={setDraft}
        providers={providers}
        zone={location.timeZone}
        zoneLabel={zoneName(location.timeZone, draft.date || date)}
      />
    </FormFrame>
  )
}
