import { getSeedIds } from '@derm/database'
import { signIn } from '../../sign-in.ts'
import type { Attack } from '../attack.ts'

/** One user keeps 150 searches going, of a different word each, so that no two share a computation. */
export const searchFlood: Attack = {
  name: 'a user who keeps 150 searches going',
  rule: 'SEC35',
  tries: { full: 6_000, short: 600 },
  async run(stack, tries) {
    const { lakeside } = getSeedIds()
    const { url } = stack.apis[0]!
    const { accessToken } = await signIn(url, stack.origin, lakeside.users['frontdesk']!.email)
    const counts = new Map<number, number>()
    let next = 0
    const search = async () => {
      while (next < tries) {
        const query = (next++).toString(26).replace(/\d/g, (digit) => String.fromCharCode(112 + Number(digit)))
        const response = await fetch(`${url}/api/v1/patients/search`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
          body: JSON.stringify({ query, limit: 100 }),
        })
        await response.arrayBuffer()
        counts.set(response.status, (counts.get(response.status) ?? 0) + 1)
      }
    }
    await Promise.all(Array.from({ length: 150 }, search))
    // Whether a limit is met depends on how fast this machine answers: the API's own tests hold that.
    return [...counts.keys()]
      .filter((status) => ![200, 429].includes(status))
      .map((status) => `a search was answered with ${status}`)
  },
}
