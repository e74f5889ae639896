import { expect, it } from 'vitest'
import { EVENT_TYPES } from '@derm/contract'
import { JOBS } from './jobs.ts'
import { ROUTES } from './routes.ts'

it('[AGG15] what changes emit is the whole catalogue, and nothing else', () => {
  const emitted = new Set([...ROUTES, ...JOBS].flatMap(({ emits = [] }) => emits))
  expect([...emitted].sort()).toEqual([...EVENT_TYPES].sort())
})
