import type { RelayOptions, RelaySettings } from './relay-options.ts'
import type { BlockedChannels } from './blocked-channels.ts'

/** What every part of one relay works with. */
export type RelayContext = RelayOptions & { settings: RelaySettings; blocked: BlockedChannels }
