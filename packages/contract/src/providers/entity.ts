import { z } from 'zod'
import { Id } from '../ids.ts'
import { listOf, pageFields } from '../request-shapes.ts'

export const Provider = z.object({
  id: Id,
  displayName: z.string(),
  specialty: z.string(),
  locationIds: z.array(Id),
})
export type Provider = z.infer<typeof Provider>
export const ProviderList = listOf(Provider)
export type ProviderList = z.infer<typeof ProviderList>
export const ProviderQuery = z.strictObject({ ...pageFields, locationId: Id.optional() })
