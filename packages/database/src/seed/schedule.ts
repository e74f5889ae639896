import type { Faker } from '@faker-js/faker'
import type { AppointmentStatus, AppointmentType, CancelCode } from '@derm/contract'
import { addDays, localDate, localMinutes, startOfDay, toMinutes, weekday } from './local-day.ts'
import type { SeedProvider } from './people.ts'
import type { SeedLocation, SeedPractice } from './practices.ts'
import { stableId } from './stable-id.ts'

export type AppointmentRow = {
  id: string
  tenant_id: string
  version: number
  location_id: string
  provider_id: string
  patient_id: string
  type: AppointmentType
  status: AppointmentStatus
  starts_at: string
  ends_at: string
  room_id: string | null
  note: string | null
  cancel_code: CancelCode | null
}

/** Type, minutes, and how often. */
const VISITS: readonly { type: AppointmentType; minutes: number; weight: number }[] = [
  { type: 'follow_up', minutes: 15, weight: 30 },
  { type: 'skin_check', minutes: 30, weight: 24 },
  { type: 'new_patient', minutes: 45, weight: 14 },
  { type: 'biopsy', minutes: 30, weight: 9 },
  { type: 'excision', minutes: 60, weight: 6 },
  { type: 'mohs', minutes: 90, weight: 3 },
  { type: 'cosmetic', minutes: 30, weight: 7 },
  { type: 'phototherapy', minutes: 15, weight: 5 },
  { type: 'telehealth', minutes: 15, weight: 4 },
]
const CANCEL_CODES: readonly CancelCode[] = [
  'patient_request',
  'patient_request',
  'illness',
  'provider_unavailable',
  'weather',
  'other',
]
const NOTES = [
  'Bring the list of medications.',
  'Prefers a call before the visit.',
  'Needs an interpreter.',
  'Photos from home are in the chart.',
]
const LUNCH = { from: 12 * 60, to: 13 * 60 }

/** Which days, from today's on, and until which minute of the day. */
export type Span = { firstDay: number; lastDay: number; untilMinute: number }

/**
 * A practice's appointments: each provider's working days, filled visit after visit, so that none overlap. They lie within the
 * location's opening hours by its own clock; the past is over, today is half way, the future thins out.
 */
export function makeAppointments(
  faker: Faker,
  practice: SeedPractice,
  providers: readonly SeedProvider[],
  patientIds: readonly string[],
  now: Date,
  span: Span,
): AppointmentRow[] {
  const rows: AppointmentRow[] = []
  for (const provider of providers) {
    for (let day = span.firstDay; day <= span.lastDay; day++) {
      const home = practice.locations[provider.location] as SeedLocation
      const date = addDays(localDate(now, home.timeZone), day)
      const dayOfWeek = weekday(date)
      // Closed on weekends; but whoever looks at the system on one shall not find an empty board.
      if ((dayOfWeek === 0 || dayOfWeek === 6) && day !== 0) continue
      const location = practice.locations[dayOfWeek === 5 ? provider.fridays : provider.location] as SeedLocation
      rows.push(
        ...makeDay(faker, practice, { provider, location, date, day, now, patientIds, untilMinute: span.untilMinute }),
      )
    }
  }
  return rows
}

type Day = {
  provider: SeedProvider
  location: SeedLocation
  date: string
  day: number
  now: Date
  patientIds: readonly string[]
  untilMinute: number
}

function makeDay(faker: Faker, practice: SeedPractice, plan: Day): AppointmentRow[] {
  const { provider, location, date, day } = plan
  const rows: AppointmentRow[] = []
  const midnight = startOfDay(date, location.timeZone)
  const opens = toMinutes(location.opensAt)
  const closes = Math.min(toMinutes(location.closesAt), plan.untilMinute)
  const clock = statusClock(location, plan.now)
  const filled = day <= 1 ? 0.88 : Math.max(0.3, 0.88 - day * 0.02)
  for (let minute = opens; minute < closes;) {
    const visit = faker.helpers.weightedArrayElement(VISITS.map((value) => ({ value, weight: value.weight })))
    const ends = minute + visit.minutes
    if (minute < LUNCH.to && ends > LUNCH.from) {
      minute = LUNCH.to
      continue
    }
    if (ends > closes) break
    if (faker.number.float() < filled) {
      const when =
        day < 0
          ? 'past'
          : day > 0
            ? 'later'
            : ends <= clock
              ? 'past'
              : minute <= clock
                ? 'now'
                : minute <= clock + 30
                  ? 'soon'
                  : 'later'
      const status = pickStatus(faker, when)
      rows.push({
        id: stableId(`${practice.key}/appointment/${provider.id}/${date}/${minute}`),
        tenant_id: practice.id,
        version: VERSIONS[status],
        location_id: location.id,
        provider_id: provider.id,
        patient_id: faker.helpers.arrayElement(plan.patientIds),
        type: visit.type,
        status,
        starts_at: new Date(midnight + minute * 60_000).toISOString(),
        ends_at: new Date(midnight + ends * 60_000).toISOString(),
        room_id: status === 'roomed' ? roomOf(location, provider) : null,
        note: faker.datatype.boolean(0.08) ? faker.helpers.arrayElement(NOTES) : null,
        cancel_code: status === 'cancelled' ? faker.helpers.arrayElement(CANCEL_CODES) : null,
      })
    }
    minute = ends
  }
  return rows
}

/**
 * The minute of the day that today's statuses are made for: now, so that nothing that is still to come is over. In the evening it stays
 * three hours before closing, as if the last patients were late: there is always somebody to check in.
 */
function statusClock(location: SeedLocation, now: Date): number {
  return Math.min(localMinutes(now, location.timeZone), toMinutes(location.closesAt) - 180)
}

/** As many changes as it takes to get there. */
const VERSIONS: Record<AppointmentStatus, number> = {
  scheduled: 1,
  confirmed: 2,
  checked_in: 3,
  roomed: 4,
  completed: 5,
  cancelled: 2,
  no_show: 2,
}

const STATUSES: Record<'past' | 'now' | 'soon' | 'later', readonly (readonly [AppointmentStatus, number])[]> = {
  past: [
    ['completed', 86],
    ['cancelled', 8],
    ['no_show', 6],
  ],
  now: [
    ['roomed', 75],
    ['checked_in', 20],
    ['cancelled', 5],
  ],
  soon: [
    ['checked_in', 45],
    ['confirmed', 40],
    ['scheduled', 10],
    ['cancelled', 5],
  ],
  later: [
    ['confirmed', 48],
    ['scheduled', 46],
    ['cancelled', 6],
  ],
}

function pickStatus(faker: Faker, when: keyof typeof STATUSES): AppointmentStatus {
  return faker.helpers.weightedArrayElement(STATUSES[when].map(([value, weight]) => ({ value, weight })))
}

/** Each provider uses a room of their own. */
function roomOf(location: SeedLocation, provider: SeedProvider): string | null {
  const index = parseInt(provider.id.slice(0, 6), 16) % location.rooms.length
  return location.rooms[index]?.id ?? null
}
