import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { BUDGET, measureFirstLoad } from './first-load.ts'

describe('the script that a first load costs', () => {
  // Vite builds React's development form for anything else, a test too.
  beforeAll(() => void vi.stubEnv('NODE_ENV', 'production'))
  afterAll(() => void vi.unstubAllEnvs())

  it(
    'stays within the budget, for the sign-in alone and together with the schedule',
    { timeout: 120_000 },
    async () => {
      const { signIn, schedule, chunks } = await measureFirstLoad()
      expect(signIn).toBeLessThanOrEqual(BUDGET.signIn)
      expect(schedule).toBeLessThanOrEqual(BUDGET.schedule)
      // The date picker and the dialogs come when someone opens them.
      expect(chunks.filter(({ page }) => page === 'later').map(({ file }) => file)).toEqual(
        expect.arrayContaining([expect.stringContaining('day-picker'), expect.stringContaining('appointment-drawer')]),
      )
    },
  )
})
