import { startStack, type Stack } from '../start-stack.ts'
import type { Attack } from './attack.ts'
import type { Latencies } from './bystander.ts'
import { watchMemory } from './memory-watch.ts'
import { startBystander, type Bystander } from './start-bystander.ts'

export type Outcome = {
  attack: Attack
  tries: number
  /** Of the attack, of the bystander and of the processes; empty: it held. */
  faults: string[]
  grewMb: number
  quiet: Latencies
  attacked: Latencies
}

/** A p99 asks for more than a hundred reads. */
const QUIET_MS = 6_000
const WARM_MS = 1_500

/** Tries the attacks one after the other, each beside a bystander of another tenant. Those that ask for no stack of their own share one. */
export async function runAttacks(
  attacks: readonly Attack[],
  length: 'full' | 'short',
  onOutcome: (outcome: Outcome) => void,
): Promise<void> {
  const sharing = attacks.filter(({ ownStack }) => !ownStack)
  if (sharing.length > 0) await onStack({}, sharing)
  for (const attack of attacks) if (attack.ownStack) await onStack(attack.ownStack.env ?? {}, [attack])

  async function onStack(env: Record<string, string>, list: readonly Attack[]) {
    const stack = await startStack({ env })
    try {
      const bystander = await startBystander(stack)
      for (const attack of list) onOutcome(await runAttack(stack, bystander, attack, length))
      const faults = await bystander.stop()
      if (faults.length > 0) throw new Error(`after the attacks: ${faults.join('; ')}`)
    } finally {
      await stack.stop()
    }
  }
}

async function runAttack(
  stack: Stack,
  bystander: Bystander,
  attack: Attack,
  length: 'full' | 'short',
): Promise<Outcome> {
  const tries = attack.tries[length]
  const services = [...stack.apis, ...stack.nodes]
  const pids = services.map(({ pid }) => pid)
  // The first reads fill caches and compile code.
  await pause(WARM_MS)
  const { faults: before } = await bystander.takeReport()
  await pause(length === 'full' ? QUIET_MS : WARM_MS)
  const quiet = await bystander.takeReport()
  const memory = await watchMemory(stack)
  const faults = await attack.run(stack, tries).catch((error: unknown) => [`the attack ended early: ${String(error)}`])
  const grewMb = memory.stop()
  const attacked = await bystander.takeReport()
  const ended = services
    .filter(({ pid }, i) => pid !== pids[i])
    .map(({ name }) => `${name} did not live through it: ${stack.lines().slice(-3).join(' | ')}`)
  return {
    attack,
    tries,
    faults: [...before, ...quiet.faults, ...faults, ...attacked.faults, ...ended],
    grewMb,
    quiet,
    attacked,
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
