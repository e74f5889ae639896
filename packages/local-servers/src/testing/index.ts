export { waitUntil } from '../wait-until.ts'
export * from './test-databases.ts'
export * from './use-test-database.ts'
export * from './use-test-redis.ts'
