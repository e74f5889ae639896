import type { Allergy } from '@derm/contract'
import { expect, it } from 'vitest'
import { sortAllergies } from './allergy-order.ts'

const allergy = (substance: string, severity: Allergy['severity'], status: Allergy['status'] = 'active'): Allergy => ({
  id: substance,
  version: 1,
  patientId: 'p',
  substance,
  reaction: null,
  severity,
  status,
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
})

it('the worst allergy stands first, and one that was entered in error last, however bad it was', () => {
  const sorted = sortAllergies([
    allergy('Nickel', 'mild'),
    allergy('Sulfa', 'severe', 'entered_in_error'),
    allergy('Penicillin', 'severe'),
    allergy('Lidocaine', 'moderate'),
    allergy('Latex', 'severe'),
  ])
  expect(sorted.map(({ substance }) => substance)).toEqual(['Latex', 'Penicillin', 'Lidocaine', 'Nickel', 'Sulfa'])
})
