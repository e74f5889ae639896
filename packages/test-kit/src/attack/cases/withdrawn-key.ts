import { getSeedIds } from '@derm/database'
import { waitUntil } from '@derm/local-servers'
import { connectClient, type RecordingClient } from '../../connect-client.ts'
import { addSigningKey, claimsOf, createForge } from '../../forge-token.ts'
import { signIn } from '../../sign-in.ts'
import type { Attack } from '../attack.ts'

const LIMIT_MS = 30_000

/** A signing key got out and was withdrawn. Whoever has it goes on using it, and the sockets that it opened. */
export const withdrawnKey: Attack = {
  name: 'a withdrawn signing key, on open sockets and with fresh tokens',
  rule: 'OPS2',
  tries: { full: 20, short: 4 },
  ownStack: {},
  async run(stack, tries) {
    const { lakeside } = getSeedIds()
    const withdraw = addSigningKey(stack.secrets.signingKeysFile)
    const forge = createForge(stack.secrets.signingKeysFile)
    const { accessToken } = await signIn(stack.apis[0]!.url, stack.origin, lakeside.users['frontdesk']!.email)
    const claims = claimsOf(accessToken)
    const faults: string[] = []
    const sockets: RecordingClient[] = []
    const connect = (i: number, token: string) =>
      connectClient({ url: stack.nodes[i % stack.nodes.length]!.url, origin: stack.origin, token })
    for (let i = 0; i < tries; i++)
      sockets.push(
        // A node asks for a key that it does not know once a second at most.
        await waitUntil(() => connect(i, forge.sign(claims)), { what: 'the key to be known', everyMs: 500 }),
      )
    withdraw()
    const withdrawnAt = Date.now()
    await waitUntil(() => sockets.every(({ socket }) => !socket.connected), {
      what: 'the sockets of the withdrawn key to end',
      timeoutMs: LIMIT_MS,
    }).catch(() => faults.push(`a socket of the withdrawn key was open after ${LIMIT_MS / 1000} s`))
    for (const { frames, socket } of sockets) {
      const closing = frames.findLast(({ name }) => name === 'closing')?.body as { code?: string } | undefined
      if (closing?.code !== 'token_invalid') faults.push(`a socket ended with ${closing?.code}`)
      socket.disconnect()
    }
    await waitUntil(() => Date.now() - withdrawnAt > LIMIT_MS / 2, { what: 'the cached keys to age' })
    const now = Math.floor(Date.now() / 1000)
    for (let i = 0; i < tries; i++) {
      const token = forge.sign({ ...claims, iat: now, exp: now + 600 })
      await connect(i, token).then(
        ({ socket }) => {
          socket.disconnect()
          faults.push('a node took a token of the withdrawn key')
        },
        (error: { code?: string }) => {
          if (error.code !== 'token_invalid') faults.push(`a node refused the withdrawn key with ${error.code}`)
        },
      )
      const { url } = stack.apis[i % stack.apis.length]!
      const answer = await fetch(`${url}/api/v1/locations`, { headers: { authorization: `Bearer ${token}` } })
      if (answer.status !== 401) faults.push(`a pod answered a token of the withdrawn key with ${answer.status}`)
      await answer.arrayBuffer()
    }
    return faults
  },
}
