import { ATTACKS } from './attacks.ts'
import { runAttacks, type Outcome } from './run-attacks.ts'

/**
 * `npm run attack`: every attack beside a bystander of another tenant. `--only words` for some, `--short` for fewer tries.
 * An attack held if it found nothing, and the bystander's p99 stayed within three times its own in quiet.
 */
const args = process.argv.slice(2)
const only = args.includes('--only') ? (args[args.indexOf('--only') + 1] ?? '') : ''
const MOST_SLOWER = 3
/** Below this a p99 is noise of the machine. */
const NOISE_MS = 50
const outcomes: Outcome[] = []

const isSlow = (quiet: number, attacked: number) => attacked > Math.max(quiet * MOST_SLOWER, NOISE_MS)
/** `null`: what came from the bystander's process was no number, since it saw nothing at all. */
const ms = (value: number | null) => (value === null ? 'none' : `${value.toFixed(0)} ms`)
const hasHeld = ({ faults, quiet, attacked }: Outcome) =>
  faults.length === 0 && !isSlow(quiet.readP99, attacked.readP99) && !isSlow(quiet.eventP99, attacked.eventP99)

console.log(
  '| attack | rule | tries | | memory | bystander reads p99 | bystander events p99 |\n|---|---|---|---|---|---|---|',
)
await runAttacks(
  ATTACKS.filter(({ name }) => name.includes(only)),
  args.includes('--short') ? 'short' : 'full',
  (outcome) => {
    const { attack, tries, faults, grewMb, quiet, attacked } = outcome
    outcomes.push(outcome)
    console.log(
      `| ${attack.name} | ${attack.rule} | ${tries} | ${hasHeld(outcome) ? 'held' : 'BROKE'} | +${grewMb} MB | ` +
        `${ms(quiet.readP99)} → ${ms(attacked.readP99)} | ${ms(quiet.eventP99)} → ${ms(attacked.eventP99)} |`,
    )
    for (const fault of [...new Set(faults)].slice(0, 5)) console.error(`  ${fault}`)
  },
)
const failed = outcomes.filter((outcome) => !hasHeld(outcome)).length
console.log(`\n${outcomes.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 && outcomes.length > 0 ? 0 : 1)
