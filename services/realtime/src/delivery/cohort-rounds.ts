import type { Member } from '../connection/member.ts'

/** How often a round has a turn, about: what is written to thousands of sockets at once keeps events waiting. */
const TURN_MS = 300

/**
 * Reaches each member once in `everyMs`, one cohort of them in each turn.
 * @returns the timer.
 */
export function startRounds(
  everyMs: number,
  members: () => readonly Member[],
  reach: (cohort: Member[]) => void,
): NodeJS.Timeout {
  const turns = Math.max(1, Math.round(everyMs / TURN_MS))
  let turn = 0
  return setInterval(() => {
    turn = (turn + 1) % turns
    const cohort = members().filter((member) => member.cohort % turns === turn)
    if (cohort.length > 0) reach(cohort)
  }, everyMs / turns)
}
