export * from './channel-hub.ts'
export type { HubObserver, HubOptions, HubSettings, ResyncReason } from './hub-options.ts'
