import { z } from 'zod'
import { Id } from '../ids.ts'
import { pageFields } from '../request-shapes.ts'
import { DocumentKind, DocumentStatus } from './codes.ts'

export const DocumentQuery = z.strictObject({ ...pageFields, patientId: Id, status: DocumentStatus.optional() })

const document = z.strictObject({
  kind: DocumentKind,
  title: z.string().trim().min(1).max(200),
  receivedOn: z.iso.date(),
  pages: z.number().int().min(1).max(10_000),
})

export const DocumentCreate = document.extend({ patientId: Id })
export type DocumentCreate = z.infer<typeof DocumentCreate>
export const DocumentUpdate = document.partial()
export type DocumentUpdate = z.infer<typeof DocumentUpdate>
