/** Words of examples and defaults. Six letters at least, so that chance does not put one into a secret. */
const KNOWN =
  /change.?me|replace.?me|password|passw0rd|secret|example|default|dermlive|postgres|letmein|qwerty|abcdef|123456|654321|development|please/i
/** A random text of 32 hexadecimal digits measures 112 as a rule. */
const MIN_BITS = 80
const SAMPLE = 64

/** Why a secret could be guessed; `null` for one that looks random. It measures the text alone: no measure sees a secret that was published. */
export function findSecretWeakness(secret: string): string | null {
  if (KNOWN.test(secret)) return 'holds a word of an example or a default: take a random one'
  const isRandom =
    entropyOf([...secret]) * secret.length >= MIN_BITS && distinctPairs(secret) >= 0.6 && entropyOf(steps(secret)) >= 2
  return isRandom ? null : 'is too regular to be random: take 32 random bytes'
}

/** A password in a url: shorter than a secret, and of no known default. */
export function findPasswordWeakness(password: string): string | null {
  if (password === '') return 'has no password'
  if (password.length < 16) return 'has a password of less than 16 characters'
  return KNOWN.test(password) || entropyOf([...password]) < 2.5 ? 'has a password that could be guessed' : null
}

/** Bits for each of the items, by how often each occurs. */
function entropyOf(items: readonly (string | number)[]): number {
  const counts = new Map<string | number, number>()
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1)
  return [...counts.values()].reduce((sum, n) => sum - (n / items.length) * Math.log2(n / items.length), 0)
}

/** A pattern that repeats has few different pairs of neighbours. */
function distinctPairs(text: string): number {
  const sample = text.slice(0, SAMPLE)
  const pairs = Array.from({ length: sample.length - 1 }, (_, i) => sample.slice(i, i + 2))
  return new Set(pairs).size / pairs.length
}

/** An alphabet goes on in equal steps. */
const steps = (text: string) =>
  Array.from(text.slice(1), (character, i) => character.charCodeAt(0) - text.charCodeAt(i))
