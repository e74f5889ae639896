import { defineConfig } from 'vitest/config'

const SETUP = ['packages/test-kit/src/global-setup.ts']
const SERVERS = ['**/*.pg.test.ts', '**/*.redis.test.ts']
const WHOLE = ['**/*.stack.test.ts', '**/*.browser.test.ts']
const NEVER = ['**/node_modules/**', '**/dist/**', '**/.data/**']

/** A test's file name says what it needs: `.pg` Postgres, `.redis` Redis, `.stack` the whole system as processes, `.browser` Chromium. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'pure',
          include: ['{packages,services}/*/src/**/*.test.{ts,tsx}'],
          exclude: [...NEVER, ...SERVERS, ...WHOLE],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'servers',
          include: SERVERS,
          exclude: NEVER,
          globalSetup: SETUP,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Each file starts a stack of its own: one at a time, or two cores starve them all.
        test: {
          name: 'whole',
          include: WHOLE,
          exclude: NEVER,
          globalSetup: SETUP,
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
