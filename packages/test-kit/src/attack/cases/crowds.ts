import { getSeedIds } from '@derm/database'
import { waitUntil } from '@derm/local-servers'
import { connectTcp, openRawSocket } from '../../raw-socket.ts'
import { scrapeMetric } from '../../scrape-metrics.ts'
import { signIn } from '../../sign-in.ts'
import type { Stack } from '../../start-stack.ts'
import type { Attack } from '../attack.ts'

const { lakeside } = getSeedIds()
const PER_USER = 30
const PER_NETWORK = 256
const PER_NODE = 1_024

const login = async (stack: Stack, key: string) =>
  (await signIn(stack.apis[0]!.url, stack.origin, lakeside.users[key]!.email)).accessToken
/** Of both nodes. */
const sumOf = async (stack: Stack, name: string) =>
  (await Promise.all(stack.nodes.map(({ adminUrl }) => scrapeMetric(adminUrl, name)))).reduce((sum, one) => sum + one)

/** Handshakes of one user, all at once: a count that is looked at before it is raised lets them all in. */
export const handshakeCrowd: Attack = {
  name: 'handshakes of one user, all at once',
  rule: 'SES25',
  tries: { full: 400, short: 200 },
  async run(stack, tries) {
    const faults: string[] = []
    const token = await login(stack, 'biller')
    const before = await sumOf(stack, 'derm_connections')
    const opening = await Promise.allSettled(
      Array.from({ length: tries }, (_, i) => openRawSocket(stack, { node: i % 2, token })),
    )
    const sockets = opening.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const count = (await sumOf(stack, 'derm_connections')) - before
    if (count > 2 * PER_USER) faults.push(`${count} sockets of a user who may have ${2 * PER_USER}`)
    // The limit keeps nobody out: a window that is opened now is let in.
    const late = await waitUntil(() => openRawSocket(stack, { token }).catch(() => null), { what: 'one more' }).catch(
      () => null,
    )
    if (!late) faults.push('the user was kept out by their own sockets')
    for (const { tcp } of [...sockets, ...(late ? [late] : [])]) tcp.destroy()
    return faults
  },
}

/** Sockets that show no token: from one address in many spellings, from one /64, and from everywhere. */
export const tokenlessSockets: Attack = {
  name: 'sockets without a token, from one network and from many',
  rule: 'SES26',
  tries: { full: 4_500, short: 1_200 },
  async run(stack, tries) {
    const faults: string[] = []
    const token = await login(stack, 'owner')
    // One more where a network is bounded: the socket that has a token, while it is admitted.
    const networks: [string, most: number, from: (i: number) => string][] = [
      ['one address', PER_NETWORK + 1, (i) => ['203.0.113.9', '::ffff:203.0.113.9', '203.0.113.9:80'][i % 3]!],
      ['one /64', PER_NETWORK + 1, (i) => `2001:db8:1:2::${(i % 65_536).toString(16)}`],
      ['everywhere', PER_NODE, (i) => `198.51.${i % 100}.${i % 7}`],
    ]
    for (const [what, most, from] of networks) {
      const opening = Array.from({ length: tries / networks.length }, (_, i) => openRawSocket(stack, { from: from(i) }))
      const settled = Promise.allSettled(opening)
      const watch = { most: 0 }
      const timer = setInterval(() => {
        void scrapeMetric(stack.nodes[0]!.adminUrl, 'derm_pending_connections').then(
          (now) => (watch.most = Math.max(watch.most, now)),
          () => {},
        )
      }, 200)
      const inside = await openRawSocket(stack, { token, from: '192.0.2.1' }).catch(() => null)
      if (!inside) faults.push(`${what}: who had a token was kept out`)
      inside?.tcp.destroy()
      const all = await settled
      clearInterval(timer)
      if (watch.most > most) faults.push(`${what}: ${watch.most} sockets that showed no token`)
      for (const one of all) if (one.status === 'fulfilled') one.value.tcp.destroy()
    }
    return faults
  },
}

/** Requests that never end, and connections that never ask. */
export const halfRequests: Attack = {
  name: 'half requests and silent connections',
  rule: 'SES22',
  tries: { full: 3_000, short: 300 },
  async run(stack, tries) {
    const faults: string[] = []
    const halves = [
      '',
      'GET /realtime/ HTTP/1.1\r\nHost: x\r\nX: ',
      'POST /realtime/ HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\nx',
      'GET /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    ]
    const sockets = Array.from({ length: tries }, (_, i) => {
      const tcp = connectTcp(stack, i % 2)
      tcp.resume()
      tcp.write(halves[i % halves.length]!)
      return tcp
    })
    const inside = await openRawSocket(stack, { token: await login(stack, 'owner') }).catch(() => null)
    if (!inside) faults.push('who had a token was kept out')
    inside?.tcp.destroy()
    const countOpen = () => sockets.filter(({ destroyed }) => !destroyed).length
    await waitUntil(() => countOpen() === 0, { what: 'their end', timeoutMs: 12_000 }).catch(() =>
      faults.push(`${countOpen()} of ${tries} were still open after twelve seconds`),
    )
    for (const tcp of sockets) tcp.destroy()
    return faults
  },
}
