import { describe, expect, it } from 'vitest'
import { snapStart } from './drag-target.ts'

const taken = { start: 550, length: 20, grip: 5 }

describe('where a dragged appointment lands', () => {
  it('lands on the grid', () => {
    expect(snapStart(taken, 611, 15, 480, 1020)).toBe(600)
    expect(snapStart(taken, 614, 15, 480, 1020)).toBe(615)
    expect(snapStart(taken, 614, 5, 480, 1020)).toBe(610)
  })
  it('keeps its own odd time near the place it came from, so only the provider changes', () => {
    expect(snapStart(taken, 555, 15, 480, 1020)).toBe(550)
    expect(snapStart(taken, 561, 15, 480, 1020)).toBe(550)
  })
  it('never leaves the hours that are shown', () => {
    expect(snapStart(taken, 100, 15, 480, 1020)).toBe(480)
    expect(snapStart(taken, 2000, 15, 480, 1020)).toBe(1000)
  })
})
