import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

describe('a token bucket', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
  afterEach(() => void vi.useRealTimers())
  const takeAll = (bucket: TokenBucket) => {
    let taken = 0
    while (bucket.take()) taken++
    return taken
  }

  it('[SES4] gives its burst at once, then its rate', () => {
    const bucket = new TokenBucket(60, 20)
    expect(takeAll(bucket)).toBe(60)
    vi.advanceTimersByTime(1000)
    expect(takeAll(bucket)).toBe(20)
    vi.advanceTimersByTime(49)
    expect(takeAll(bucket)).toBe(0)
    vi.advanceTimersByTime(1)
    expect(takeAll(bucket)).toBe(1)
  })

  it('[SES4] saves no more than its burst, however long it rests', () => {
    const bucket = new TokenBucket(5, 20)
    vi.advanceTimersByTime(86_400_000)
    expect(takeAll(bucket)).toBe(5)
  })
})
