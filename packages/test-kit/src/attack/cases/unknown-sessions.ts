import { getSeedIds } from '@derm/database'
import { connectClient } from '../../connect-client.ts'
import { claimsOf, createForge } from '../../forge-token.ts'
import { signIn } from '../../sign-in.ts'
import type { Attack } from '../attack.ts'

/** Somebody who has the signing key makes tokens of sessions that never existed, and of other users' sessions. */
export const unknownSessions: Attack = {
  name: 'tokens, well signed, of sessions that do not exist or are another user’s',
  rule: 'OPS1',
  tries: { full: 300, short: 12 },
  async run(stack, tries) {
    const { lakeside, summit } = getSeedIds()
    const api = stack.apis[0]!
    const forge = createForge(stack.secrets.signingKeysFile)
    const { accessToken } = await signIn(api.url, stack.origin, lakeside.users['frontdesk']!.email)
    const claims = claimsOf(accessToken)
    const victims = [lakeside.users['owner']!.id, lakeside.users['biller']!.id]
    const makers = [
      () => ({ sid: crypto.randomUUID() }),
      () => ({ sub: victims[Math.floor(Math.random() * victims.length)] }),
      () => ({ sub: summit.users['owner']!.id, tid: summit.tenantId }),
    ]
    const faults: string[] = []
    for (let i = 0; i < tries; i++) {
      const token = forge.sign({ ...claims, ...makers[i % makers.length]!() })
      const { url } = stack.apis[i % stack.apis.length]!
      const answer = await fetch(`${url}/api/v1/locations`, { headers: { authorization: `Bearer ${token}` } })
      if (answer.status !== 401) faults.push(`a forged session was answered with ${answer.status} over HTTP`)
      await answer.arrayBuffer()
      const node = stack.nodes[i % stack.nodes.length]!
      await connectClient({ url: node.url, origin: stack.origin, token }).then(
        (client) => {
          client.socket.disconnect()
          faults.push('a forged session was let in by a node')
        },
        (error: { code?: string }) => {
          if (error.code !== 'session_ended') faults.push(`a node refused a forged session with ${error.code}`)
        },
      )
    }
    return faults
  },
}
