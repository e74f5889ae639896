export type { OutboxRow } from '../event-log/outbox-row.ts'
export * from './relay-store.ts'
export * from './relay.ts'
export type { RelayObserver, RelayOptions, RelaySettings } from './relay-options.ts'
