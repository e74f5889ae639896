export * from './session.ts'
export * from './server.ts'
