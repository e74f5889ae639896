export * from './codes.ts'
export * from './entity.ts'
export * from './requests.ts'
export * from './transitions.ts'
