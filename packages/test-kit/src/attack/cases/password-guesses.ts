import { getSeedIds } from '@derm/database'
import type { Stack } from '../../start-stack.ts'
import type { Attack } from '../attack.ts'

type Attempt = { email: string; password?: string; from: string; cookie?: string }

async function attempt(stack: Stack, n: number, { email, password = 'guess', from, cookie }: Attempt) {
  const { url } = stack.apis[n % stack.apis.length]!
  const response = await fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      origin: stack.origin,
      'x-forwarded-for': from,
      ...(cookie ? { cookie } : {}),
    },
    body: JSON.stringify({ email, password }),
  })
  await response.arrayBuffer()
  return response
}

const AT_ONCE = 60
/** So many attempts are free. */
const FREE = { account: 10, pair: 5, network: 30 }
/** The delays of 1, 2, 4 … s let one attempt by each; and one that was on its way. */
const countOpenings = (seconds: number) => Math.ceil(Math.log2(1 + seconds)) + 1

/** One account is guessed at from many networks and in many spellings, sixty at a time and by turns over the pods; then many accounts from one network. */
export const passwordGuesses: Attack = {
  name: 'guesses at one account from many networks, and at many accounts from one',
  rule: 'SEC30',
  tries: { full: 1_200, short: 60 },
  async run(stack, tries) {
    const { lakeside } = getSeedIds()
    const faults: string[] = []
    const victim = lakeside.users['pathology']!.email
    const owned = await attempt(stack, 0, { email: victim, password: 'dermlive', from: '198.51.100.1' })
    const device = owned.headers.getSetCookie().find((cookie) => cookie.includes('derm_device='))
    const spell = [victim, victim.toUpperCase(), ` ${victim}`, victim.replace('a', 'ａ')]
    const guessAll = async (what: string, free: number, make: (n: number) => Attempt) => {
      const started = performance.now()
      const answers: Response[] = []
      let next = 0
      const guess = async () => {
        while (next < tries) {
          const n = next++
          answers.push(await attempt(stack, n, make(n)))
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, guess))
      const compared = answers.filter(({ status }) => status === 401).length
      const most = free + countOpenings((performance.now() - started) / 1_000)
      if (compared > most) faults.push(`${compared} of ${tries} guesses ${what} were compared`)
      for (const { status, headers } of answers) {
        if (![401, 429, 503].includes(status)) faults.push(`a guess ${what} was answered with ${status}`)
        if (status === 429 && !(Number(headers.get('retry-after')) > 0)) faults.push(`a 429 ${what} says no time`)
      }
    }
    await guessAll('at one account', FREE.account, (n) => ({
      email: spell[n % spell.length]!,
      from: `10.${n >> 8}.${n & 255}.1`,
    }))
    await guessAll('from one /64', FREE.pair, (n) => ({
      email: lakeside.users['auditor']!.email,
      from: [`2001:db8:5::${n.toString(16)}`, `[2001:db8:5:0:${n.toString(16)}::1]:80`][n % 2]!,
    }))
    await guessAll('at many accounts from one network', FREE.network, (n) => ({
      email: `someone${n}@lakeside.example`,
      from: ['192.0.2.99', '::ffff:192.0.2.99', '192.0.2.99:4000'][n % 3]!,
    }))
    const own = { email: victim, password: 'dermlive', from: '198.51.100.1' }
    const { status } = await attempt(stack, 1, { ...own, cookie: device?.split(';')[0] ?? '' })
    if (status !== 200) faults.push(`the account's owner was answered with ${status} on a browser that is known`)
    return faults
  },
}
