import { CoverageQuery } from '@derm/contract'
import { defineEntityChanges } from '../aggregate/entity-changes.ts'
import { defineEntityReads, defineList } from '../aggregate/entity-reads.ts'
import { findChanges } from '../aggregate/find-changes.ts'
import { invalid } from '../http/invalid.ts'
import type { Route } from '../http/route.ts'
import { requirePatient } from '../patients/require-patient.ts'
import { coverages } from './coverage.ts'

export const coverageList = defineList(coverages, {
  summary: 'The insurances of a patient, in the order in which they were added',
  query: CoverageQuery,
  where: ({ patientId }) => ({ patientId }),
  sort: { by: 'createdAt', is: 'time' },
})

/** The payer's word was about these: with another one, nothing is known. */
const VERIFIED = ['payerName', 'memberId', 'planName'] as const

function requireOrder(from: Date, to: Date | null, field: 'effectiveFrom' | 'effectiveTo'): void {
  if (to !== null && to < from) throw invalid('body', field, 'effectiveTo must not be before effectiveFrom')
}

const changes = defineEntityChanges(
  coverages,
  {
    create: {
      async run({ change, body }) {
        await requirePatient(change, body.patientId)
        const effectiveFrom = new Date(body.effectiveFrom)
        const effectiveTo = body.effectiveTo === null ? null : new Date(body.effectiveTo)
        requireOrder(effectiveFrom, effectiveTo, 'effectiveTo')
        return { data: { ...body, effectiveFrom, effectiveTo } }
      },
    },
    update: {
      run({ before, body: { effectiveFrom, ...rest } }) {
        const asked = { ...rest, effectiveFrom: effectiveFrom === undefined ? undefined : new Date(effectiveFrom) }
        const data = findChanges(before, asked)
        if (!data) return null
        requireOrder(data.effectiveFrom ?? before.effectiveFrom, before.effectiveTo, 'effectiveFrom')
        const isOther = VERIFIED.some((name) => name in data)
        return { data: isOther ? { ...data, status: 'unknown', checkedAt: null } : { ...data, status: before.status } }
      },
    },
    'record-eligibility': {
      /** A payer that did not answer leaves the time of its last answer. */
      run: ({ change, body: { outcome } }) => ({
        data: { status: outcome, ...(outcome === 'payer_down' ? {} : { checkedAt: new Date(change.now()) }) },
        event: { outcome },
      }),
    },
    end: {
      run({ before, body }) {
        const data = findChanges(before, { effectiveTo: new Date(body.effectiveTo) })
        if (!data) return null
        requireOrder(before.effectiveFrom, new Date(body.effectiveTo), 'effectiveTo')
        return { data }
      },
    },
  },
  {
    errors: {
      create: ['patient_merged', 'coverage_overlaps'],
      update: ['coverage_overlaps'],
      end: ['coverage_overlaps'],
    },
  },
)

export const coverageRoutes: readonly Route[] = [...defineEntityReads(coverages, { list: coverageList }), ...changes]
