/** The newest frames of one channel, without a gap, bounded in number and bytes. */
export class FrameRing {
  private frames: string[] = []
  private bytes = 0
  private lastSeq = 0
  constructor(
    private readonly maxEntries: number,
    private readonly maxBytes: number,
  ) {}

  /** The frame of `seq`; one that does not follow the last starts the ring anew. */
  push(seq: number, frame: string): void {
    if (seq !== this.lastSeq + 1) this.clear()
    this.frames.push(frame)
    this.bytes += frame.length
    this.lastSeq = seq
    while (this.frames.length > this.maxEntries || (this.bytes > this.maxBytes && this.frames.length > 1))
      this.bytes -= this.frames.shift()!.length
  }

  clear(): void {
    this.frames = []
    this.bytes = 0
    this.lastSeq = 0
  }

  /** The frames of `after + 1` to `last`, or `null` when it does not hold all of them. */
  between(after: number, last: number): string[] | null {
    if (after === last) return []
    const first = this.lastSeq - this.frames.length + 1
    if (this.frames.length === 0 || after + 1 < first || last > this.lastSeq || after > last) return null
    return this.frames.slice(after + 1 - first, last + 1 - first)
  }
}
