import { expect, it } from 'vitest'
import { ATTACKS } from './attacks.ts'
import { runAttacks } from './run-attacks.ts'

it('every attack holds, and a bystander of another tenant loses nothing meanwhile', async () => {
  const names: string[] = []
  const faults: string[] = []
  await runAttacks(ATTACKS, 'short', (outcome) => {
    names.push(outcome.attack.name)
    faults.push(...outcome.faults.map((fault) => `${outcome.attack.name}: ${fault}`))
  })
  expect(faults).toEqual([])
  expect(names.toSorted()).toEqual(ATTACKS.map(({ name }) => name).toSorted())
}, 300_000)
