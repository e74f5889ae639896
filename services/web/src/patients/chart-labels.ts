import type {
  AllergySeverity,
  CoverageRank,
  DocumentKind,
  EligibilityOutcome,
  EligibilityStatus,
  PatientFlag,
} from '@derm/contract'

export const SEVERITY_LABEL = {
  mild: 'Mild',
  moderate: 'Moderate',
  severe: 'Severe',
} as const satisfies Record<AllergySeverity, string>

export const RANK_LABEL = {
  primary: 'Primary',
  secondary: 'Secondary',
  tertiary: 'Tertiary',
} as const satisfies Record<CoverageRank, string>

export const OUTCOME_LABEL = {
  active: 'Active',
  inactive: 'Not active',
  not_found: 'Not found by the payer',
  payer_down: 'Payer did not answer',
} as const satisfies Record<EligibilityOutcome, string>

export const ELIGIBILITY_LABEL = {
  unknown: 'Not verified',
  requested: 'Payer was asked',
  ...OUTCOME_LABEL,
} as const satisfies Record<EligibilityStatus, string>

export const DOCUMENT_LABEL = {
  consent: 'Consent',
  referral: 'Referral',
  insurance_card: 'Insurance card',
  id_card: 'Identification',
  lab_report: 'Lab report',
  letter: 'Letter',
  other: 'Other',
} as const satisfies Record<DocumentKind, string>

export const FLAG_LABEL = {
  interpreter_needed: 'Interpreter needed',
  wheelchair: 'Wheelchair',
  fall_risk: 'Fall risk',
  latex: 'Latex',
  do_not_contact: 'Do not contact',
  deceased: 'Deceased',
} as const satisfies Record<PatientFlag, string>
