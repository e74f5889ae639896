import { once } from 'node:events'
import { scrapeMetric } from '@derm/test-kit'
import { startChild, stopChild } from '../child.ts'
import type { OurSystem } from '../our-system.ts'
import type { ReturningAnswer, ReturningOrder } from '../servers/returning-swarm.ts'
import type { Table } from '../table.ts'
import { pause } from './delivery-cost.ts'

const GIVE_UP_MS = 60_000

/**
 * A node is killed with all its clients on it while events flow: how long until the other node serves them all, what that does to its event loop, and
 * whether any of them misses or repeats an event.
 */
export async function measureReturnAfterKill(
  ours: OurSystem,
  { clients = 2000, ratePerSecond = 5 } = {},
): Promise<Table> {
  const [left, right] = ours.stack.nodes
  const swarm = startChild('returning-swarm', {})
  async function ask(order: ReturningOrder): Promise<ReturningAnswer> {
    const answered = once(swarm, 'message')
    swarm.send(order)
    return (await answered)[0] as ReturningAnswer
  }
  const toWs = (url: string) => url.replace('http', 'ws')
  let published = 0
  let isDone = false
  try {
    await ask({
      do: 'connect',
      urls: [left!, right!].map(({ url }) => toWs(url)),
      count: clients,
      ...ours.subscription,
    })
    const publishing = (async () => {
      for (; !isDone; published++) {
        await ours.publish(1)
        await pause(1000 / ratePerSecond)
      }
    })()
    await pause(3000)
    // A reading starts the lag's next window.
    await scrapeMetric(right!.adminUrl, LAG_P99)
    const killedAt = Date.now()
    await left!.kill('SIGKILL')
    let answer = await ask({ do: 'count' })
    // The sockets' ends reach the clients only after a moment.
    while (answer.connects < 2 * clients || answer.live < clients) {
      if (Date.now() - killedAt > GIVE_UP_MS) throw new Error(`only ${answer.live} of ${clients} came back`)
      await pause(50)
      answer = await ask({ do: 'count' })
    }
    const lag = await scrapeMetric(right!.adminUrl, LAG_P99)
    isDone = true
    await publishing
    const head = ours.headSeq()
    while (answer.leastSeq < head) {
      if (Date.now() - killedAt > GIVE_UP_MS) throw new Error(`a client stands at ${answer.leastSeq} of ${head}`)
      await pause(50)
      answer = await ask({ do: 'count' })
    }
    return {
      title: `${clients} clients come back after their node was killed, ${ratePerSecond} events a second meanwhile`,
      columns: ['all back after', 'event loop p99 there', 'events', 'lost', 'twice', 'resyncs'],
      rows: [
        [
          `${((answer.lastLiveAt - killedAt) / 1000).toFixed(1)} s`,
          `${(lag * 1000).toFixed(0)} ms`,
          String(published),
          String(answer.lost),
          String(answer.twice),
          String(answer.resyncs),
        ],
      ],
    }
  } finally {
    isDone = true
    await stopChild(swarm)
  }
}

const LAG_P99 = 'derm_nodejs_eventloop_lag_p99_seconds'
