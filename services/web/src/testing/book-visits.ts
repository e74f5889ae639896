import type { Appointment, AppointmentCreate, Location, PatientSummary, Provider } from '@derm/contract'
import { signIn, type Stack } from '@derm/test-kit'
import { toInstant } from '../time/zone-time.ts'

/** A location as its practice's owner sees it, to prepare what a test's windows show. */
export type Desk = {
  location: Location
  providers: Provider[]
  patients: PatientSummary[]
  /** Books a patient by the API: `at` in minutes since midnight on the location's wall. */
  book(date: string, at: number, provider?: number): Promise<Appointment>
  /** Any change by the API, as the owner. `version`: what it is based on. */
  change<Answer>(
    path: string,
    body: unknown,
    options?: { method?: 'POST' | 'PATCH'; version?: number },
  ): Promise<Answer>
}

export async function openDesk(stack: Stack, owner: string, locationName: string): Promise<Desk> {
  const { accessToken } = await signIn(stack.origin, stack.origin, owner)
  const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json', origin: stack.origin }
  async function send<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(`${stack.origin}/api/v1${path}`, {
      ...init,
      headers: { ...headers, 'idempotency-key': crypto.randomUUID(), ...init.headers },
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as Answer
  }
  const post = <Answer>(path: string, body: unknown) =>
    send<Answer>(path, { method: 'POST', body: JSON.stringify(body) })

  const locations = await send<{ items: Location[] }>('/locations')
  const location = locations.items.find(({ name }) => name === locationName)!
  const providers = (await send<{ items: Provider[] }>(`/providers?locationId=${location.id}`)).items
  const patients = (await post<{ items: PatientSummary[] }>('/patients/search', {})).items
  let booked = 0
  return {
    location,
    providers,
    patients,
    change: (path, body, { method = 'POST', version } = {}) =>
      send(path, {
        method,
        body: JSON.stringify(body),
        headers: version === undefined ? {} : { 'if-match': `"${version}"` },
      }),
    book(date, at, provider = 0) {
      const body: AppointmentCreate = {
        locationId: location.id,
        providerId: providers[provider]!.id,
        patientId: patients[booked++ % patients.length]!.id,
        type: 'skin_check',
        startsAt: toInstant({ date, minutes: at }, location.timeZone),
        endsAt: toInstant({ date, minutes: at + 30 }, location.timeZone),
      }
      return post<Appointment>('/appointments', body)
    },
  }
}
