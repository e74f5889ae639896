export * from './clock.ts'
export * from './log/partition.ts'
export * from './log/event-log.ts'
