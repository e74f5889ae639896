import type { SubscribeAck } from '@derm/contract'
import { getSeedIds } from '@derm/database'
import { waitUntil } from '@derm/local-servers'
import { Redis } from 'ioredis'
import { connectClient, type RecordingClient } from '../../connect-client.ts'
import { signIn } from '../../sign-in.ts'
import { createEventWriter } from '../../write-events.ts'
import type { Attack } from '../attack.ts'
import { isSentAway } from '../sent-away.ts'

const SOCKETS = 10
/** A history gives a thousand entries, and of these it ends by its limit of bytes after some eight hundred. */
const EVENTS = 1_000
/** Each of them lacks too many bytes and not too many entries, and none is answered by what was read for the one before. */
const CURSORS = 150
const PER_SECOND = 18
/** What a user may make a node read at once and meanwhile, and what the bystander reads. Unpaid, the short form makes it 66 MB. */
const MOST_READ_BYTES = 32_000_000

/** A user asks for what is too much to be answered: each request of some 230 bytes makes Redis read half a megabyte, for an answer of 100 bytes. */
export const partialRecoveryFlood: Attack = {
  name: 'recoveries that end by their limit of bytes, of one user, again and again',
  rule: 'SES30',
  tries: { full: 1_500, short: 300 },
  async run(stack, tries) {
    const { lakeside } = getSeedIds()
    const location = lakeside.locations['downtown']!.id
    const biller = lakeside.users['biller']!
    const faults = new Set<string>()
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
    await waitUntil(() => first.events.length >= EVENTS, { what: 'the events', timeoutMs: 30_000 })

    const redis = new Redis(stack.redis.url)
    const countRead = async () => Number(/total_net_output_bytes:(\d+)/.exec(await redis.info('stats'))?.[1])
    const clients = [first]
    while (clients.length < SOCKETS) clients.push(await connect())
    const readBefore = await countRead()
    let asked = 0
    const answered = { resync: 0, recovered: 0, refused: 0 }
    const waiting = new Map(clients.map((client) => [client, 0]))
    const note = (client: RecordingClient) => (ack: SubscribeAck) => {
      waiting.set(client, waiting.get(client)! - 1)
      // So is who has eight requests of a socket under way, on a machine that is busy.
      if (!ack.ok && ack.code === 'rate_limited') answered.refused++
      else if (!ack.ok) faults.add(`a request was refused with ${ack.code}`)
      else if (ack.channels[0]?.status === 'resync') answered.resync++
      else answered.recovered++
    }
    await Promise.all(
      clients.map(async (client) => {
        for (let i = 0; i < tries / SOCKETS; i++) {
          const cursors = { [channel]: { epoch, seq: seq + (asked++ % CURSORS) } }
          waiting.set(client, waiting.get(client)! + 1)
          client.socket.emit('subscribe', { channels: [{ topic: 'scheduling', location, cursors }] }, note(client))
          await new Promise((resolve) => setTimeout(resolve, 1000 / PER_SECOND))
        }
      }),
    )
    const isDone = () => clients.every((client) => waiting.get(client) === 0 || isSentAway(client))
    await waitUntil(() => isDone() || faults.size > 0, {
      what: 'the answers',
      timeoutMs: 10_000,
    }).catch(() => faults.add('requests were not answered'))
    const read = (await countRead()) - readBefore
    if (read > MOST_READ_BYTES) faults.add(`Redis was made to answer ${Math.round(read / 1e6)} MB`)
    if (answered.refused > asked / 2) faults.add(`${answered.refused} were refused: they were no test`)
    if (answered.recovered > 0) faults.add(`${answered.recovered} were answered in full: they were no test`)
    const ended = clients.filter((client) => !client.socket.connected && !isSentAway(client)).length
    if (ended > 0) faults.add(`${ended} of the user's own sockets were ended`)
    for (const { socket } of clients) socket.disconnect()
    redis.disconnect()
    return [...faults]
  },
}
