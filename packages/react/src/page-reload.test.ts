import { expect, it } from 'vitest'
import { reloadWaitMs } from './page-reload.ts'

it('[SUB28] a page that was loaded again and is still too old is not loaded once more for ten minutes', () => {
  // As a tab goes: visited, loaded again at once, and again whenever it may.
  let loads = 0
  let load = { type: 'navigate', at: 0 }
  for (let now = 0; now < 3_600_000; now += 1_000) {
    if (reloadWaitMs({ type: load.type, agoMs: now - load.at }) > 0) continue
    load = { type: 'reload', at: now }
    loads++
  }
  expect(loads).toBe(6)
  expect(reloadWaitMs({ type: 'reload', agoMs: 60_000 })).toBe(9 * 60_000)
  expect(reloadWaitMs({ type: undefined, agoMs: 0 })).toBe(0)
})
