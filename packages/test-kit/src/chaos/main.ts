import { LONG_SCENARIOS } from './long-scenarios.ts'
import { rollComposeNodes } from './roll-compose-nodes.ts'
import { runRolling } from './rolling.ts'
import { SCENARIOS, runScenario, type Result } from './scenario.ts'

/**
 * `npm run chaos`: 60 plain clients on two nodes, 200 changes, and a fault in between; one scenario after the other. `--clients N`, `--changes N`,
 * `--only words`; `--compose`: instead, replaces all nodes of the stack that compose runs, one after the other; `--long`: also Sentinel, Cluster,
 * PgBouncer, TLS, users without rights, and a full Redis, on real servers. `--answer-resync` patches a node so that it answers every subscription
 * with `resync`: the suite must then fail.
 * `--rolling`: only the replacement of all nodes, one after the other, with the silence of each client; 1,000 clients unless said.
 */
const args = process.argv.slice(2)
const option = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined)
const load = { clients: Number(option('--clients') ?? 60), changes: Number(option('--changes') ?? 200) }
const env: Record<string, string> = args.includes('--answer-resync') ? { FAULT_ANSWER_RESYNC: '1' } : {}
const NOTHING = { delivered: 0, recovered: 0, resyncs: 0, mostResyncs: 0, lost: 0, twice: 0, wrongViews: 0 }
const results: Result[] = []

if (args.includes('--compose')) {
  const isWell = await rollComposeNodes(option('--project') ?? 'dermlive', load)
  process.exit(isWell ? 0 : 1)
}

if (args.includes('--rolling')) {
  const clients = Number(option('--clients') ?? 1_000)
  console.log(`${clients} clients on three nodes, which are replaced one after the other\n`)
  const { ok, silence, late, move, longestPauseMs, report, events, faults } = await runRolling({ clients })
  console.log(`${ok ? 'ok    ' : 'FAILED'} a rolling replacement of all nodes`)
  console.log(
    `       silence of a client p50 ${silence.p50} ms  p99 ${silence.p99} ms  max ${silence.max} ms, at ${events} changes, the longest pause between them ${longestPauseMs} ms`,
  )
  console.log(`       from commit to client, at worst p50 ${late.p50} ms  p99 ${late.p99} ms  max ${late.max} ms`)
  console.log(`       from one node to the next p50 ${move.p50} ms  p99 ${move.p99} ms  max ${move.max} ms`)
  console.log(
    `       lost ${report.lost}  twice ${report.twice}  resyncs ${report.resyncs}  connections ${report.connects}  refused ${report.refused}`,
  )
  for (const fault of faults.slice(0, 5)) console.log(`       ${fault}`)
  process.exit(ok ? 0 : 1)
}

console.log(`${load.clients} clients on two nodes, ${load.changes} changes\n`)
const only = option('--only') ?? ''
// One of the long ones is run when it is named, too.
const scenarios = [...SCENARIOS(load), ...(args.includes('--long') || only !== '' ? LONG_SCENARIOS(load) : [])]
for (const scenario of scenarios) {
  if (!scenario.name.includes(only)) continue
  const result = await runScenario({ ...scenario, env }, load).catch((error: unknown): Result => {
    return { ...NOTHING, name: scenario.name, ok: false, faults: [String(error)] }
  })
  results.push(result)
  const { name, ok, delivered, recovered, resyncs, lost, twice, wrongViews, faults } = result
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name}`)
  console.log(
    `       delivered ${delivered}  recovered ${recovered}  resyncs ${resyncs}  lost ${lost}  twice ${twice}  wrong views ${wrongViews}`,
  )
  for (const fault of faults.slice(0, 5)) console.log(`       ${fault}`)
}
const failed = results.filter(({ ok }) => !ok).length
console.log(`\n${results.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 && results.length > 0 ? 0 : 1)
