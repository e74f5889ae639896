import type { Attack } from '../attack.ts'

/** Passwords to compare for accounts that do not exist, from as many networks, as fast as they are answered: each costs a hash. */
export const passwordFlood: Attack = {
  name: 'a flood of passwords to compare, each from a network of its own',
  rule: 'SEC32',
  tries: { full: 1_500, short: 150 },
  async run(stack, tries) {
    const { url } = stack.apis[0]!
    const faults: string[] = []
    let next = 0
    const guess = async () => {
      while (next < tries) {
        const n = next++
        const response = await fetch(`${url}/api/v1/auth/login`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            origin: stack.origin,
            'x-forwarded-for': `100.${n >> 8}.${n & 255}.1`,
          },
          body: JSON.stringify({ email: `nobody${n}@flood.example`, password: 'guess' }),
        })
        await response.arrayBuffer()
        if (![401, 429, 503].includes(response.status)) faults.push(`a password was answered with ${response.status}`)
      }
    }
    await Promise.all(Array.from({ length: 60 }, guess))
    return faults
  },
}
