import { z } from 'zod'
import { defineEvent } from '../define-event.ts'
import { Id } from '../ids.ts'
import { RecallCloseCode, RecallKind, RecallStatus } from './codes.ts'

/** Without its day: an event carries no calendar date. */
const data = z.strictObject({ patientId: Id, kind: RecallKind, status: RecallStatus })
const previous = z.strictObject({ status: RecallStatus })
const subject = 'recall'

export const recallCreatedEvent = defineEvent({ subject, type: 'recall:created', data })
/** What is neither due nor closed by it: it was changed, the patient was called, a visit was booked. */
export const recallUpdatedEvent = defineEvent({ subject, type: 'recall:updated', data, previous })
/** Its day has come. */
export const recallDueEvent = defineEvent({ subject, type: 'recall:due', data, previous })
export const recallClosedEvent = defineEvent({
  subject,
  type: 'recall:closed',
  data: data.extend({ code: RecallCloseCode }),
  previous,
})
