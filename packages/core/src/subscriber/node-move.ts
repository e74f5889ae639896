import type { Random } from '../clock.ts'

/** The extra try follows the first one within this time, in milliseconds. */
const EXTRA_MS = 250
/** The move itself, and one extra try. */
const TRIES = 2

/**
 * The change of nodes that a node asks for. It is no failure: the first try is made at once and names the node to avoid, one extra try follows
 * soon and names none, since there may be no other. After that it is a failure as any other, with its back-off. [SUB27]
 */
export class NodeMove {
  private triesLeft = 0
  private isUnderWay = false
  private left: string | undefined

  constructor(private readonly random: Random) {}

  /** The node to avoid in the try that is being made. */
  get avoid(): string | undefined {
    return this.triesLeft === TRIES - 1 ? this.left : undefined
  }

  /** The node has named a moment. */
  begin(node: string | undefined): void {
    this.isUnderWay = true
    this.triesLeft = TRIES
    this.left = node
  }

  /** A connection serves. */
  end(): void {
    this.isUnderWay = false
    this.triesLeft = 0
    this.left = undefined
  }

  /** How long to wait for the next try, after a connection was lost or refused with this code; `undefined`: nothing of this move is left. */
  nextDelayMs(code: string | undefined): number | undefined {
    if (code === 'server_draining' && !this.isUnderWay) this.begin(undefined)
    if (this.triesLeft === 0) return undefined
    this.triesLeft--
    return this.triesLeft === TRIES - 1 ? 0 : EXTRA_MS * this.random()
  }
}
