import { runSeed } from './run-seed.ts'

/** `npm run soak -- --seeds N --from S`: worlds without end; stops at the first that breaks the promise, and tells its life. */
const args = process.argv.slice(2)
const option = (name: string, otherwise: number) =>
  Number(args.includes(name) ? args[args.indexOf(name) + 1] : otherwise)
const from = option('--from', 1)
const seeds = option('--seeds', 1_000_000)
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
