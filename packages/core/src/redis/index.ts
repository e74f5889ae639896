export * from './redis-event-log-writer.ts'
export * from './redis-event-log-reader.ts'
export * from '../event-log/signer.ts'
