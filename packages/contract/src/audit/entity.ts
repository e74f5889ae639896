import { z } from 'zod'
import { Id } from '../ids.ts'
import { Moment, listOf, pageFields } from '../request-shapes.ts'

/** Who read or changed what, who was refused, who signed in and out. Of a patient there is the id and nothing else. */
export const AuditEntry = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  /** `<subject>.<verb>`, such as `appointment.check-in`. */
  action: z.string(),
  actorId: Id,
  /** Null for what no user did. */
  actorName: z.string().nullable(),
  subjectType: z.string(),
  /** Null where many were read. */
  subjectId: Id.nullable(),
  locationId: Id.nullable(),
  requestId: z.string().nullable(),
  /** Where the request came from: an address, its network, or null, as the API's setting says. */
  address: z.string().nullable(),
  /** Counts and codes. */
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).nullable(),
})
export type AuditEntry = z.infer<typeof AuditEntry>
export const AuditList = listOf(AuditEntry)
export type AuditList = z.infer<typeof AuditList>

/** Newest first. `action`: how the action begins, such as `patient.`. `from`, `to`: in [from, to). */
export const AuditQuery = z.strictObject({
  ...pageFields,
  actorId: Id.optional(),
  subjectType: z
    .string()
    .regex(/^[a-z_]{1,40}$/)
    .optional(),
  subjectId: Id.optional(),
  action: z
    .string()
    .regex(/^[a-z_.-]{1,80}$/)
    .optional(),
  from: Moment.optional(),
  to: Moment.optional(),
})
export type AuditQuery = z.infer<typeof AuditQuery>
