import { z } from 'zod'

/** What a node says of itself to the others. `isOpen`: it takes connections. */
const Load = z.object({ connections: z.number().int().min(0).max(10_000_000), isOpen: z.boolean() })
export type Load = z.infer<typeof Load>
/** Drawn by each process, so that two processes of one name are two. */
const NodeId = z.string().min(1).max(64)

type Peers = {
  on(name: 'node:load', listener: (...given: unknown[]) => void): unknown
  serverSideEmit(name: 'node:load', ...given: unknown[]): unknown
}
type Known = Load & { at: number }

const TELL_EVERY_MS = 2_000
const FORGET_AFTER_MS = 7_000
/** More nodes than this are nobody's. */
const MAX_NODES = 1_000

/** How many connections each node has, as they tell each other every two seconds, sealed. Nothing is lost when it is wrong. */
export class NodeLoads {
  private readonly others = new Map<string, Known>()
  private changedAt: number
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly peers: Peers,
    private readonly id: string,
    private readonly own: () => Load,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.changedAt = now()
    peers.on('node:load', (node, load) => this.note(node, load))
  }

  start(): void {
    this.timer = setInterval(() => this.tell(), TELL_EVERY_MS)
    this.tell()
  }

  stop(): void {
    clearInterval(this.timer)
  }

  /** Also when something has changed that the others should know soon. */
  tell(): void {
    this.peers.serverSideEmit('node:load', this.id, this.own())
  }

  /** Connections of each other node that takes some. */
  open(): number[] {
    this.forget()
    return [...this.others.values()].filter(({ isOpen }) => isOpen).map(({ connections }) => connections)
  }

  /** For so many milliseconds no node has come, gone or begun to end. */
  settledMs(): number {
    this.forget()
    return this.now() - this.changedAt
  }

  private note(node: unknown, load: unknown): void {
    const id = NodeId.safeParse(node)
    const given = Load.safeParse(load)
    if (!id.success || !given.success || id.data === this.id) return
    const before = this.others.get(id.data)
    if (!before && this.others.size >= MAX_NODES) return
    if (before?.isOpen !== given.data.isOpen) this.changedAt = this.now()
    this.others.set(id.data, { ...given.data, at: this.now() })
  }

  private forget(): void {
    const now = this.now()
    for (const [id, { at, isOpen }] of this.others) {
      if (now - at <= FORGET_AFTER_MS) continue
      this.others.delete(id)
      if (isOpen) this.changedAt = now
    }
  }
}
