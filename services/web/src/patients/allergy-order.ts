import { AllergySeverity, type Allergy } from '@derm/contract'

const WORST_FIRST = AllergySeverity.options.toReversed()

/** The worst first, then by name; those that were entered in error last. */
export function sortAllergies(allergies: readonly Allergy[]): Allergy[] {
  return allergies.toSorted(
    (a, b) =>
      Number(a.status !== 'active') - Number(b.status !== 'active') ||
      WORST_FIRST.indexOf(a.severity) - WORST_FIRST.indexOf(b.severity) ||
      a.substance.localeCompare(b.substance),
  )
}

export const isActive = ({ status }: Pick<Allergy, 'status'>) => status === 'active'
