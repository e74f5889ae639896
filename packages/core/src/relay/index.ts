export * from './relay-store.ts'
