import { parseArgs } from 'node:util'
import { runSeed } from './run-seed.ts'

/** `npm run soak -- --seeds N --from S`: worlds without end; stops at the first that breaks the promise, and tells its life. */
const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1000000' }, from: { type: 'string', default: '1' } },
})
const from = toCount(values.from)
const seeds = toCount(values.seeds)
const startedAt = Date.now()
const total = { applied: 0, resyncs: 0, needless: 0 }

for (let seed = from; seed < from + seeds; seed++) {
  const { faults, moves, applied, resyncs, needlessResyncs } = await runSeed(seed)
  total.applied += applied
  total.resyncs += resyncs
  total.needless += needlessResyncs
  if (faults.length > 0) {
    console.log(`seed ${seed} breaks the promise:\n${faults.join('\n')}\n\n${moves.join('\n')}`)
    process.exit(1)
  }
  if ((seed - from + 1) % 100 === 0) {
    const perSecond = ((seed - from + 1) / (Date.now() - startedAt)) * 1000
    console.log(
      `${seed - from + 1} worlds, ${total.applied} events applied, ${total.resyncs} resyncs (${total.needless} of them needless), ${perSecond.toFixed(1)} worlds/s`,
    )
  }
}
console.log(`${seeds} worlds, nothing lost, nothing twice`)

function toCount(text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1) throw new Error(`--seeds and --from are counts, not ${text}`)
  return count
}
