/** The door of the client: what it hears (subscriber), and how old what it shows is (freshness). */
export * from './freshness/query-port.ts'
export * from './freshness/refetch-scheduler.ts'
export type { FetchAttempt } from './freshness/fetch-attempt.ts'
export type { RefetchSettings } from './freshness/refetch-options.ts'
export * from './subscriber/connection-status.ts'
export * from './subscriber/subscriber.ts'
export * from './subscriber/transport.ts'
export type { TopicInterest } from './subscriber/interest-registry.ts'
