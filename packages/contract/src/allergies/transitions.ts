import { EmptyRequest } from '../request-shapes.ts'
import { defineTransitions } from '../transitions.ts'
import type { AllergyStatus } from './codes.ts'
import { AllergyCreate, AllergyUpdate } from './requests.ts'

const by = 'document'
const event = 'patient:allergy_updated'

export const ALLERGY_TRANSITIONS = defineTransitions<AllergyStatus>()({
  create: { from: 'new', to: 'active', by, event, requires: AllergyCreate, summary: 'Add an allergy' },
  update: {
    from: ['active'],
    to: 'same',
    by,
    event,
    requires: AllergyUpdate,
    summary: 'Change the substance, the reaction or its severity',
  },
  'mark-in-error': {
    from: ['active'],
    to: 'entered_in_error',
    by,
    event,
    requires: EmptyRequest,
    summary: 'Say that it was entered in error; it stays readable',
  },
})
