import type { Coverage, CoverageRank, CoverageUpdate } from '@derm/contract'
import { isDate } from '../time/zone-time.ts'
import { formatBirthDate } from './patient-names.ts'

/** A coverage as the form's fields hold it: nothing as the empty text. Its end is set apart. */
export type CoverageDraft = {
  rank: CoverageRank
  payerName: string
  memberId: string
  planName: string
  effectiveFrom: string
}

export const NEW_COVERAGE: CoverageDraft = {
  rank: 'primary',
  payerName: '',
  memberId: '',
  planName: '',
  effectiveFrom: '',
}

export function toCoverageDraft({ rank, payerName, memberId, planName, effectiveFrom }: Coverage): CoverageDraft {
  return { rank, payerName, memberId, planName: planName ?? '', effectiveFrom }
}

/** The fields as the API takes them. */
export function toCoverageBody({ planName, ...fields }: Partial<CoverageDraft>): CoverageUpdate {
  const body: CoverageUpdate = { ...fields }
  for (const key of ['payerName', 'memberId'] as const) if (fields[key] !== undefined) body[key] = fields[key].trim()
  if (planName !== undefined) body.planName = planName.trim() === '' ? null : planName.trim()
  return body
}

/** What is wrong with the fields, by field. */
export function findCoverageFaults(draft: CoverageDraft): Partial<Record<keyof CoverageDraft, string>> {
  const faults: Partial<Record<keyof CoverageDraft, string>> = {}
  if (draft.payerName.trim() === '') faults.payerName = 'Enter the payer'
  if (draft.memberId.trim() === '') faults.memberId = 'Enter the member id from the card'
  if (!isDate(draft.effectiveFrom)) faults.effectiveFrom = 'Enter a date'
  return faults
}

/** From when to when it covers, in words. */
export function formatSpan({ effectiveFrom, effectiveTo }: Pick<Coverage, 'effectiveFrom' | 'effectiveTo'>): string {
  return effectiveTo === null
    ? `since ${formatBirthDate(effectiveFrom)}`
    : `${formatBirthDate(effectiveFrom)} to ${formatBirthDate(effectiveTo)}`
}
