import { z } from 'zod'
import { Id } from '../ids.ts'
import { Version, listOf } from '../request-shapes.ts'
import { DocumentKind, DocumentStatus } from './codes.ts'

/** That a paper is there, and what it is; its pages themselves are not kept here. (Not `Document`, which is the browser's.) */
export const PatientDocument = z.object({
  id: Id,
  version: Version,
  patientId: Id,
  kind: DocumentKind,
  title: z.string(),
  receivedOn: z.iso.date(),
  pages: z.number().int(),
  status: DocumentStatus,
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
})
export type PatientDocument = z.infer<typeof PatientDocument>
export const PatientDocumentList = listOf(PatientDocument)
export type PatientDocumentList = z.infer<typeof PatientDocumentList>
