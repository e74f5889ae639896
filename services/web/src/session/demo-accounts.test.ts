import { afterEach, expect, it, vi } from 'vitest'

afterEach(() => vi.unstubAllEnvs())

it.each([
  [undefined, false],
  ['false', false],
  ['true', true],
])('[SEC] the accounts of the seed are offered in a demo build alone: VITE_DEMO=%s', async (value, expected) => {
  vi.stubEnv('VITE_DEMO', value)
  vi.resetModules()
  expect((await import('./demo-accounts.ts')).IS_DEMO).toBe(expected)
})
