import { z } from 'zod'
import { Id } from './ids.ts'

/** A provider's time, as events and answers carry it. */
export const slot = z.strictObject({ providerId: Id, startsAt: z.iso.datetime(), endsAt: z.iso.datetime() })
