import { startStack, type Stack } from '../start-stack.ts'
import type { Attack } from './attack.ts'
import { startBystander, type Latencies } from './bystander.ts'
import { watchMemory } from './memory-watch.ts'

export type Outcome = {
  attack: Attack
  tries: number
  /** Of the attack, of the bystander and of the processes; empty: it held. */
  faults: string[]
  grewMb: number
  quiet: Latencies
  attacked: Latencies
}

const QUIET_MS = 3_000

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
      for (const attack of list) onOutcome(await runAttack(stack, attack, attack.tries[length]))
    } finally {
      await stack.stop()
    }
  }
}

async function runAttack(stack: Stack, attack: Attack, tries: number): Promise<Outcome> {
  const services = [...stack.apis, ...stack.nodes]
  const pids = services.map(({ pid }) => pid)
  const bystander = await startBystander(stack)
  // The first reads fill caches and compile code.
  await pause()
  bystander.takeReport()
  await pause()
  const quiet = bystander.takeReport()
  const memory = await watchMemory(stack)
  const faults = await attack.run(stack, tries).catch((error: unknown) => [`the attack ended early: ${String(error)}`])
  const grewMb = memory.stop()
  const attacked = bystander.takeReport()
  const unheard = await bystander.stop()
  const ended = services
    .filter(({ pid }, i) => pid !== pids[i])
    .map(({ name }) => `${name} did not live through it: ${stack.lines().slice(-3).join(' | ')}`)
  return { attack, tries, faults: [...faults, ...attacked.faults, ...unheard, ...ended], grewMb, quiet, attacked }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, QUIET_MS / 2))
