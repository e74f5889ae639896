import type { Location } from '@derm/contract'

export function LiveUpdates(_props: { location: Location }) {
  return null
}
