/** At most `burst` at once and `rate` per second in the long run. */
export class TokenBucket {
  private tokens: number
  private at: number
  constructor(
    private readonly burst: number,
    private readonly rate: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.tokens = burst
    this.at = now()
  }

  /** Takes all of it, or nothing. */
  take(amount = 1): boolean {
    this.refill()
    if (this.tokens < amount) return false
    this.tokens -= amount
    return true
  }

  /** Takes it, also where less is there: what comes next waits for longer. */
  charge(amount: number): void {
    this.refill()
    this.tokens -= amount
  }

  giveBack(amount: number): void {
    this.tokens = Math.min(this.burst, this.tokens + amount)
  }

  get isFull(): boolean {
    this.refill()
    return this.tokens >= this.burst
  }

  private refill(): void {
    const now = this.now()
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.at) / 1000) * this.rate)
    this.at = now
  }
}
