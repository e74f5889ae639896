import type { Patient } from '@derm/contract'

export function fullName(patient: { firstName: string; lastName: string }): string {
  return `${patient.lastName}, ${patient.firstName}`
}

/** `MM/DD/YYYY`, as a front desk asks for it. */
export function formatBirthDate(date: string): string {
  const [year, month, day] = date.split('-')
  return `${month}/${day}/${year}`
}

/** The age on a day in whole years; of children under two in months, of newborns in days. Both dates `YYYY-MM-DD`. */
export function formatAge(dateOfBirth: string, today: string): string {
  const [bornYear, bornMonth, bornDay] = dateOfBirth.split('-').map(Number) as [number, number, number]
  const [year, month, day] = today.split('-').map(Number) as [number, number, number]
  const months = (year - bornYear) * 12 + month - bornMonth - (day < bornDay ? 1 : 0)
  if (months < 0 || today < dateOfBirth) return 'not born yet'
  if (months >= 24) return `${Math.floor(months / 12)} years`
  if (months >= 1) return months === 1 ? '1 month' : `${months} months`
  const days = Math.round((Date.parse(today) - Date.parse(dateOfBirth)) / 86_400_000)
  return days === 1 ? '1 day' : `${days} days`
}

/** Today on this computer's calendar, `YYYY-MM-DD`. */
export function todayHere(now = new Date()): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
}

export const SEX_LABEL = {
  female: 'Female',
  male: 'Male',
  other: 'Other',
  unknown: 'Sex not recorded',
} as const satisfies Record<Patient['sex'], string>
