import type { Stack } from '../start-stack.ts'

export type Attack = {
  /** What is done, as a reader of the table says it. */
  name: string
  /** The rule of SPEC.md that is broken if it succeeds. */
  rule: string
  /** How often it is tried: by `npm run attack`, and in the short form of `npm test`. */
  tries: { full: number; short: number }
  /** It leaves a system that no other attack should find, or needs other settings: it gets a stack of its own. */
  ownStack?: { env?: Record<string, string> }
  /** Answers what did not hold, a sentence each. It ends what it opened. */
  run(stack: Stack, tries: number): Promise<string[]>
}
