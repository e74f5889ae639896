export * from './channel-hub.ts'
export type { Joined, JoinRequest } from './channel-join.ts'
export type { ReadBudget } from './read-budget.ts'
export type { HubObserver, HubOptions, HubSettings, ResyncReason } from './hub-options.ts'
