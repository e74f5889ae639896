import { expect, it } from 'vitest'
import { startEventEpoch } from './index.ts'
import { useTestDatabase } from '@derm/local-servers/testing'

const db = useTestDatabase()

it('[LOG5] each epoch that an operator starts is later than the one before', async () => {
  const epochs = [
    await startEventEpoch(db.ownerUrl),
    await startEventEpoch(db.ownerUrl),
    await startEventEpoch(db.ownerUrl),
  ]
  expect(epochs).toEqual(epochs.toSorted())
  expect(new Set(epochs).size).toBe(3)
  for (const epoch of epochs) expect(epoch).toMatch(/^[0-9a-f]{16}$/)
})
