import { invalid } from '../http/invalid.ts'
import type { Change } from '../change.ts'

/** @throws CodedError `validation_failed` when the provider does not work there. */
export async function requireProviderAt({ tx }: Change, providerId: string, locationId: string): Promise<void> {
  const row = await tx.providerLocation.findUnique({ where: { providerId_locationId: { providerId, locationId } } })
  if (!row) throw invalid('body', 'providerId', 'is no provider of this location')
}
