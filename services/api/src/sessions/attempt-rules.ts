/**
 * How many attempts are free, and the delay after them: `firstMs` (a second, where nothing is said) after the last free one, then twice as long each
 * time, up to `capMs`. The count ends `keepMs` after the last attempt.
 */
export type Rule = { free: number; firstMs?: number; capMs: number; keepMs: number }

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/**
 * Of guesses at one account, without a sign-in that succeeds in between, an hour admits 99 at most, however many networks make them: 29 by `account`, 46
 * by `spare` and 24 by `home`. From the second hour on it is 12, 20 and 12.
 */
export const RULES = {
  account: { free: 10, capMs: 5 * MINUTE, keepMs: HOUR },
  /** The account from this network. */
  pair: { free: 5, capMs: 15 * MINUTE, keepMs: HOUR },
  /** A practice may share one address: what succeeds does not count. */
  network: { free: 30, capMs: MINUTE, keepMs: HOUR },
  neighbourhood: { free: 240, capMs: MINUTE, keepMs: HOUR },
  device: { free: 5, capMs: 15 * MINUTE, keepMs: HOUR },
  session: { free: 10, capMs: MINUTE, keepMs: 10 * MINUTE },
  /** What is admitted at one account from clean networks while the account itself waits. */
  spare: { free: 20, capMs: 3 * MINUTE, keepMs: HOUR },
  /** Whether a network is clean for an account: not for an hour after it failed there, and for twice as long with each further failure. */
  clean: { free: 1, firstMs: HOUR, capMs: DAY, keepMs: DAY },
  /** The same for its /24 or /48: who holds 65,536 networks of a /48 has three attempts in them, not as many. */
  cleanNeighbourhood: { free: 3, firstMs: 10 * MINUTE, capMs: DAY, keepMs: DAY },
  /** What is admitted at one account from networks that it has signed in from before, all together. */
  home: { free: 5, capMs: 5 * MINUTE, keepMs: HOUR },
  /** Not a count: the account has signed in from this network. */
  isHome: { free: 2 ** 30, capMs: 0, keepMs: 21 * DAY },
} as const satisfies Record<string, Rule>

/**
 * From so many attempts at an account on, clean networks are admitted beside it: its delay is a minute then. Before, whoever signs in waits out the
 * delay, and a burst of guesses from many networks finds nothing but the free ones.
 */
export const SPARE_FROM = 16
