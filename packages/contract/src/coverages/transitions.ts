import { EmptyRequest } from '../request-shapes.ts'
import { defineTransitions } from '../transitions.ts'
import { EligibilityOutcome, EligibilityStatus } from './codes.ts'
import { CoverageCreate, CoverageUpdate, EndCoverageRequest, RecordEligibilityRequest } from './requests.ts'

const by = 'insurance'

export const COVERAGE_TRANSITIONS = defineTransitions<EligibilityStatus>()({
  create: {
    from: 'new',
    to: 'unknown',
    by,
    event: 'patient:insurance_updated',
    requires: CoverageCreate,
    summary: 'Add an insurance',
  },
  update: {
    from: 'any',
    // Another payer, member or plan makes it unknown again; anything else leaves it as it is.
    to: EligibilityStatus.options,
    by,
    event: 'patient:insurance_updated',
    requires: CoverageUpdate,
    summary: 'Change payer, member, plan, rank or first day; another payer, member or plan has to be verified anew',
  },
  verify: {
    from: ['unknown', 'active', 'inactive', 'not_found', 'payer_down'],
    to: 'requested',
    by,
    event: 'patient:insurance_updated',
    requires: EmptyRequest,
    summary: 'Ask the payer whether the patient is insured',
  },
  'record-eligibility': {
    from: ['requested'],
    to: EligibilityOutcome.options,
    by,
    event: 'patient:insurance_verified',
    requires: RecordEligibilityRequest,
    summary: 'Write down what the payer answered',
  },
  end: {
    from: 'any',
    to: 'same',
    by,
    event: 'patient:insurance_updated',
    requires: EndCoverageRequest,
    summary: 'Say which day is the last that it covers',
  },
})
