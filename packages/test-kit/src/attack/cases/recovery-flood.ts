import { getSeedIds } from '@derm/database'
import { waitUntil } from '@derm/local-servers'
import { connectClient, type RecordingClient } from '../../connect-client.ts'
import { scrapeMetric } from '../../scrape-metrics.ts'
import { signIn } from '../../sign-in.ts'
import { createEventWriter } from '../../write-events.ts'
import type { Attack } from '../attack.ts'
import { isSentAway } from '../sent-away.ts'

const SOCKETS = 20
const EVENTS = 500
/** Below what a socket may send. */
const PER_SECOND = 18

/** A user with many sockets asks each for all that was missed, again and again: some 230 bytes for some 300 KB. */
export const recoveryFlood: Attack = {
  name: 'recoveries of one user, again and again on twenty sockets',
  rule: 'SES24',
  tries: { full: 4_000, short: 800 },
  async run(stack, tries) {
    const { lakeside } = getSeedIds()
    const location = lakeside.locations['downtown']!.id
    const biller = lakeside.users['biller']!
    const faults: string[] = []
    const [node] = stack.nodes
    const { accessToken: token } = await signIn(stack.apis[0]!.url, stack.origin, biller.email)
    const connect = () => connectClient({ url: node!.url, origin: stack.origin, token })
    const first = await connect()
    const before = await first.subscribe([{ topic: 'scheduling', location }])
    if (!before.ok) return [`the first subscription was refused: ${before.code}`]
    const { channel, epoch, seq } = before.channels[0]!
    const writer = createEventWriter({
      apiUrl: stack.databases.apiUrl,
      tenantId: lakeside.tenantId,
      locationId: location,
      actorId: biller.id,
    })
    await writer.write(EVENTS)
    await writer.stop()
    await waitUntil(() => first.events.length >= EVENTS, { what: 'the events', timeoutMs: 20_000 })
    first.socket.disconnect()

    const clients: RecordingClient[] = []
    for (let i = 0; i < SOCKETS; i++) clients.push(await connect())
    const request = [{ topic: 'scheduling', location, cursors: { [channel]: { epoch, seq } } }]
    const watch = { most: 0 }
    const timer = setInterval(() => {
      void scrapeMetric(node!.adminUrl, 'derm_lagging').then(
        (now) => (watch.most = Math.max(watch.most, now)),
        () => {},
      )
    }, 200)
    await Promise.all(
      clients.map(async ({ socket }) => {
        for (let i = 0; i < tries / SOCKETS; i++) {
          socket.emit('subscribe', { channels: request }, () => {})
          await new Promise((resolve) => setTimeout(resolve, 1000 / PER_SECOND))
        }
      }),
    )
    clearInterval(timer)
    if (watch.most > 0) faults.push('the node said that it is lagging')
    const ended = clients.filter((client) => !client.socket.connected && !isSentAway(client)).length
    if (ended > 0) faults.push(`${ended} of the user's own sockets were ended`)
    for (const { socket } of clients) socket.disconnect()
    return faults
  },
}
