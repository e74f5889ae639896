/** At most `burst` at once and `rate` per second in the long run. */
export class TokenBucket {
  private tokens: number
  private at = performance.now()
  constructor(
    private readonly burst: number,
    private readonly rate: number,
  ) {
    this.tokens = burst
  }

  take(): boolean {
    const now = performance.now()
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.at) / 1000) * this.rate)
    this.at = now
    if (this.tokens < 1) return false
    this.tokens--
    return true
  }
}
