import { EmptyRequest } from '../request-shapes.ts'
import { defineTransitions } from '../transitions.ts'
import type { DocumentStatus } from './codes.ts'
import { DocumentCreate, DocumentUpdate } from './requests.ts'

const by = 'demographics'
const event = 'patient:document_added'

export const DOCUMENT_TRANSITIONS = defineTransitions<DocumentStatus>()({
  create: { from: 'new', to: 'active', by, event, requires: DocumentCreate, summary: 'File a document' },
  update: {
    from: ['active'],
    to: 'same',
    by,
    event,
    requires: DocumentUpdate,
    summary: 'Change its kind, title, day of receipt or number of pages',
  },
  'mark-in-error': {
    from: ['active'],
    to: 'entered_in_error',
    by,
    event,
    requires: EmptyRequest,
    summary: 'Say that it was filed in error; it stays readable',
  },
})
