import type { Faker } from '@faker-js/faker'
import type { AppointmentType, WaitlistStatus } from '@derm/contract'
import { addDays, localDate, startOfDay, weekday } from './local-day.ts'
import type { SeedProvider } from './people.ts'
import type { SeedPractice } from './practices.ts'
import { stableId } from './stable-id.ts'

export type WaitlistRow = {
  id: string
  tenant_id: string
  version: number
  location_id: string
  provider_id: string | null
  patient_id: string
  type: AppointmentType
  status: WaitlistStatus
  earliest_date: string
  latest_date: string | null
  note: string | null
  offer_provider_id: string | null
  offer_starts_at: string | null
  offer_ends_at: string | null
  offer_expires_at: string | null
  created_at: string
}

/** In minutes since midnight. */
const EVENING = 19 * 60
const WANTED: readonly AppointmentType[] = ['new_patient', 'skin_check', 'follow_up', 'excision', 'cosmetic']

/** Per location `count` patients who wait for a sooner visit; one in six has been offered one. */
export function makeWaitlist(
  faker: Faker,
  practice: SeedPractice,
  providers: readonly SeedProvider[],
  patientIds: readonly string[],
  now: Date,
  count: number,
): WaitlistRow[] {
  return practice.locations.flatMap((location, at) => {
    const today = localDate(now, location.timeZone)
    const here = providers.filter((provider) => provider.location === at).map((provider) => provider.id)
    return Array.from({ length: count }, (_, index) => {
      const isOffered = index % 6 === 5
      const day = nextWorkday(addDays(today, 2 + (index % 5)))
      // An offer holds its slot. In the evening no location has visits, and each offer begins at another time.
      const offers = Math.floor(index / 6)
      const starts = startOfDay(day, location.timeZone) + (EVENING + offers * 30) * 60_000
      const earliest = addDays(today, faker.number.int({ min: -3, max: 10 }))
      return {
        id: stableId(`${practice.key}/waitlist/${location.key}/${index}`),
        tenant_id: practice.id,
        version: isOffered ? 2 : 1,
        location_id: location.id,
        provider_id: faker.datatype.boolean(0.4) ? faker.helpers.arrayElement(here) : null,
        patient_id: faker.helpers.arrayElement(patientIds),
        type: faker.helpers.arrayElement(WANTED),
        status: isOffered ? ('offered' as const) : ('waiting' as const),
        earliest_date: earliest,
        latest_date: faker.datatype.boolean(0.5) ? addDays(earliest, faker.number.int({ min: 7, max: 28 })) : null,
        note: faker.datatype.boolean(0.2) ? 'Can come at short notice.' : null,
        offer_provider_id: isOffered ? faker.helpers.arrayElement(here) : null,
        offer_starts_at: isOffered ? new Date(starts).toISOString() : null,
        offer_ends_at: isOffered ? new Date(starts + 30 * 60_000).toISOString() : null,
        offer_expires_at: isOffered ? new Date(Math.min(now.getTime() + 24 * 3_600_000, starts)).toISOString() : null,
        created_at: new Date(now.getTime() - (count - index) * 5 * 3_600_000).toISOString(),
      }
    })
  })
}

function nextWorkday(date: string): string {
  const day = weekday(date)
  return day === 6 ? addDays(date, 2) : day === 0 ? addDays(date, 1) : date
}
