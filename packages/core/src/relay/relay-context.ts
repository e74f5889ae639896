import type { RelayOptions, RelaySettings } from './relay-options.ts'
import type { StandingStill } from './standing-still.ts'

/** What every part of one relay works with. */
export type RelayContext = RelayOptions & { settings: RelaySettings; standing: StandingStill }
