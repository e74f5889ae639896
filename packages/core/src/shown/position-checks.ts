import type { ChannelPosition } from '@derm/contract'
import { drawBackOff } from '../back-off.ts'
import type { Clock, Random, Timer } from '../clock.ts'

export type CheckSettings = {
  /** The first check, after the way by the socket has gone; then one every so often. Each is drawn anew, so that clients part. Milliseconds. */
  firstMs: number
  everyMs: number
  /** Back-off while the API does not answer, up to this. */
  maxDelayMs: number
}
const DEFAULT_SETTINGS: CheckSettings = { firstMs: 2000, everyMs: 5000, maxDelayMs: 30_000 }

export type CheckOptions = {
  clock: Clock
  random: Random
  /** The channels that feed what is shown, by `<scope>/<topic>`. */
  channelKeys(): string[]
  /** Asks the API. Rejects without an answer of ours. */
  read(channelKeys: readonly string[]): Promise<readonly ChannelPosition[]>
  /** `asked`: what of it is not among the positions may not be seen any more. */
  onPositions(positions: readonly ChannelPosition[], asked: readonly string[]): void
  onChange(): void
  settings?: Partial<CheckSettings> | undefined
}

/** One request names no more channels: proxies refuse a url above 8 KiB. More are asked for in turns. */
const MAX_CHANNELS = 50

/**
 * The second way to freshness: while the socket is away, or does not follow what is shown, the API is asked for the positions of the shown
 * channels. [INV25]
 */
export class PositionChecks {
  private readonly settings: CheckSettings
  private timer: Timer | undefined
  private failures = 0
  private turn = 0
  private isNeeded = false
  /** Whether the last check was answered. */
  private isAnswered = false
  /** What an earlier time of need still delivers is void. */
  private round = 0

  constructor(private readonly options: CheckOptions) {
    this.settings = { ...DEFAULT_SETTINGS, ...options.settings }
  }

  /** How often the positions are checked; `undefined` while they are not, or while nobody answers. */
  get everyMs(): number | undefined {
    return this.isNeeded && this.isAnswered ? this.settings.everyMs : undefined
  }

  setNeeded(isNeeded: boolean): void {
    if (isNeeded === this.isNeeded) return
    this.isNeeded = isNeeded
    this.isAnswered = false
    this.failures = 0
    this.round++
    this.options.clock.clearTimeout(this.timer)
    if (isNeeded) this.wait(this.settings.firstMs)
  }

  /** The network may be back, or the page is looked at again. */
  nudge(): void {
    if (this.isNeeded) this.wait(0)
  }

  private wait(ms: number): void {
    const { clock, random } = this.options
    clock.clearTimeout(this.timer)
    this.timer = clock.setTimeout(() => void this.check(), ms * (0.75 + 0.5 * random()))
  }

  private async check(): Promise<void> {
    const round = ++this.round
    const channelKeys = this.next()
    const { options, settings } = this
    if (channelKeys.length === 0) return this.wait(settings.firstMs)
    const positions = await options.read(channelKeys).catch(() => undefined)
    if (round !== this.round) return
    this.isAnswered = positions !== undefined
    this.failures = positions ? 0 : this.failures + 1
    if (positions) options.onPositions(positions, channelKeys)
    options.onChange()
    if (round !== this.round) return
    const { everyMs: baseMs, maxDelayMs: maxMs } = settings
    this.wait(positions ? baseMs : drawBackOff({ baseMs, maxMs }, this.failures, options.random))
  }

  private next(): string[] {
    const all = this.options.channelKeys()
    const turns = Math.ceil(all.length / MAX_CHANNELS)
    const start = turns > 0 ? (this.turn++ % turns) * MAX_CHANNELS : 0
    return all.slice(start, start + MAX_CHANNELS)
  }
}
