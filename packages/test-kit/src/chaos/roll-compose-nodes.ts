import { waitUntil } from '@derm/local-servers'
import { joinComposeStack } from '../compose-stack.ts'
import type { PlainClient } from './plain-client.ts'
import { runWithClients } from './scenario.ts'

/**
 * Replaces all nodes of the stack that compose runs, one after the other, while clients listen and changes are made; then holds every client
 * against the event table. True when nothing was lost and nothing came twice, and every view is that of the rows.
 */
export async function rollComposeNodes(project: string, load: { clients: number }): Promise<boolean> {
  const stack = await joinComposeStack(project, { apis: 2, nodes: 3 })
  let listening: readonly PlainClient[] = []
  try {
    console.log(`${load.clients} clients on three nodes, which are replaced one after the other\n`)
    const audit = await runWithClients(stack, load, async (changes, clients) => {
      listening = clients
      let isRolling = true
      const going = (async () => {
        while (isRolling) await changes.make(1, 50)
        await changes.make(10, 50)
      })()
      for (const node of stack.nodes) {
        await node.restart()
        await waitUntil(() => node.isReady(), { what: `${node.name} to be ready`, timeoutMs: 60_000 })
        await waitUntil(() => clients.every((client) => client.isLive), {
          what: 'every client to be back',
          timeoutMs: 60_000,
        })
        console.log(`${node.name} was replaced`)
      }
      isRolling = false
      await going
      console.log(`${changes.done} changes were made meanwhile`)
    })
    const silences = listening.flatMap(({ silences }) => silences).toSorted((a, b) => a - b)
    const at = (share: number) => Math.round(silences[Math.floor(silences.length * share)] ?? 0)
    console.log(
      `delivered ${audit.delivered}  recovered ${audit.recovered}  resyncs ${audit.resyncs}  lost ${audit.lost}  twice ${audit.twice}  wrong views ${audit.wrongViews}`,
    )
    console.log(
      `silence of ${silences.length} moves, in ms: p50 ${at(0.5)}  p95 ${at(0.95)}  p99 ${at(0.99)}  longest ${at(0.9999)}`,
    )
    const on = new Map<string, number>()
    for (const { node } of listening) on.set(node, (on.get(node) ?? 0) + 1)
    console.log(`clients on ${[...on].map(([node, count]) => `${node}: ${count}`).join(', ')}`)
    for (const fault of audit.faults.slice(0, 5)) console.log(`  ${fault}`)
    return audit.lost + audit.twice + audit.wrongViews + audit.faults.length === 0
  } finally {
    await stack.stop()
  }
}
