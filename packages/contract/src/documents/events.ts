import { z } from 'zod'
import { defineEvent } from '../define-event.ts'
import { Id } from '../ids.ts'
import { ListChange } from '../patients/codes.ts'
import { DocumentStatus } from './codes.ts'

/** A patient's list of documents changed: the catalogue has one event for all of it, and `change` says which. */
export const patientDocumentAddedEvent = defineEvent({
  type: 'patient:document_added',
  subject: 'document',
  data: z.strictObject({ patientId: Id, change: ListChange }),
  previous: z.strictObject({ status: DocumentStatus.nullable() }),
})
