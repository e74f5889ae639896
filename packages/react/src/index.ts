export * from './create-realtime.ts'
export * from './realtime-provider.tsx'
export { ApiError, readApiError } from './api-error.ts'
export type { ApiFetch } from './api-fetch.ts'
export { createSocketTransport } from './socket-transport.ts'
export { live, type LiveContext } from './query/live.ts'
export type { MutationContext, MutationFunction } from './query/mutation.ts'
export type { ResourceKeys } from './resource-keys.ts'
export type { Notice, Notify } from './toaster.ts'
export type { LastUpdate } from './last-updated.ts'
export { useConnection } from './hooks/use-connection.ts'
export { useFreshness } from './hooks/use-freshness.ts'
export { useLastUpdated } from './hooks/use-last-updated.ts'
export {
  createDomainHook,
  type CallbackName,
  type DomainOptions,
  type DomainUpdates,
  type EventRecord,
} from './hooks/create-domain-hook.ts'
export { useAppointmentUpdates, usePatientUpdates } from './hooks/domain-hooks.ts'
export { RealtimeIndicator } from './components/realtime-indicator.tsx'
export { RealtimeWrapper } from './components/realtime-wrapper.tsx'
export { UpdateHighlight } from './components/update-highlight.tsx'
