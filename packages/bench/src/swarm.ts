import { once } from 'node:events'
import { startChild, stopChild } from './child.ts'
import type { SwarmAnswer, SwarmOrder } from './servers/swarm.ts'

export type Swarm = {
  reset(): Promise<void>
  /** Frames received since the last reset: all together, and by the client that got the fewest and the most. */
  count(): Promise<{ frames: number; perClient: [least: number, most: number] }>
  stop(): Promise<void>
}

export async function startSwarm(order: Omit<Extract<SwarmOrder, { do: 'connect' }>, 'do'>): Promise<Swarm> {
  const child = startChild('swarm', {})
  async function ask<Answer extends SwarmAnswer>(message: SwarmOrder): Promise<Answer> {
    const answered = once(child, 'message')
    child.send(message)
    return (await answered)[0] as Answer
  }
  await ask({ do: 'connect', ...order })
  return {
    reset: async () => void (await ask({ do: 'reset' })),
    count: () => ask({ do: 'count' }),
    stop: () => stopChild(child),
  }
}
