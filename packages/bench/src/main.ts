import { cpus } from 'node:os'
import { compareCommitToFrame } from './cases/commit-to-frame.ts'
import { compareConnectionCost } from './cases/connection-cost.ts'
import { compareCutLoss } from './cases/cut-loss.ts'
import { compareDeliveryCost } from './cases/delivery-cost.ts'
import { compareRedisCost } from './cases/redis-cost.ts'
import { compareRequestsPerEvent } from './cases/requests-per-event.ts'
import { measureReturnAfterKill } from './cases/return-after-kill.ts'
import { compareWritePath } from './cases/write-path.ts'
import { measureFigures } from './capacity/measure-figures.ts'
import { startOurSystem } from './our-system.ts'
import { formatTable, type Table } from './table.ts'

/**
 * `npm run bench`: the first table, ours beside the baselines in one run. `-- --only words` for some of it, `-- --quick` for an idea.
 * Medians of interleaved rounds; CPU from process accounting; ratios mean more than figures.
 */
const args = process.argv.slice(2)
const only = args.includes('--only') ? (args[args.indexOf('--only') + 1] ?? '') : ''
const isQuick = args.includes('--quick')
const rounds = isQuick ? 2 : 5

console.log(`${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}\n`)
const ours = await startOurSystem()
const cases: [name: string, run: () => Promise<Table>][] = [
  ['requests per event', () => compareRequestsPerEvent()],
  ['commit to frame', () => compareCommitToFrame(ours, { rounds: isQuick ? 40 : 300 })],
  ['redis cost', () => compareRedisCost(ours, { rounds })],
  [
    'delivery cost',
    () => compareDeliveryCost(ours, { clients: 1000, events: 100, burst: 1, ratePerSecond: 25, rounds }),
  ],
  [
    'delivery cost in bursts',
    () => compareDeliveryCost(ours, { clients: 1000, events: 200, burst: 4, ratePerSecond: 50, rounds }),
  ],
  [
    'delivery cost in a large room',
    () =>
      compareDeliveryCost(ours, {
        clients: isQuick ? 3000 : 10_000,
        events: 20,
        burst: 1,
        ratePerSecond: 2,
        rounds: isQuick ? 2 : 3,
      }),
  ],
  [
    'write path',
    () => compareWritePath(ours, { channels: 1000, writers: 16, transactions: isQuick ? 1000 : 3000, rounds }),
  ],
  ['connection cost', () => compareConnectionCost(ours, { clients: isQuick ? 300 : 1000, rounds })],
  ['cut loss', () => compareCutLoss(ours, { events: isQuick ? 400 : 1000 })],
  // By name only: it ends the relays, and writes a file.
  ...(only === 'figures' ? [['figures', () => measureFigures(ours)] satisfies [string, () => Promise<Table>]] : []),
  // Last: it leaves one node.
  ['return after a kill', () => measureReturnAfterKill(ours, { clients: isQuick ? 500 : 2000 })],
]
let haveRelaysEnded = false
try {
  for (const [name, run] of cases) {
    if (!name.includes(only)) continue
    if (!haveRelaysEnded && !['requests per event', 'commit to frame', 'figures'].includes(name)) {
      await ours.stopRelays()
      haveRelaysEnded = true
    }
    console.log(formatTable(await run()))
  }
} finally {
  await ours.stop()
}
process.exit(0)
