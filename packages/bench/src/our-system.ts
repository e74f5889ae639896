import { event, type ChannelName, type Position } from '@derm/contract'
import { encodeEntry, frameOf, type LogEntry } from '@derm/core'
import { parseSecretList } from '@derm/runtime'
import { createRedisEventLogWriter, createSigner } from '@derm/core/redis'
import { getSeedIds } from '@derm/database'
import { connectClient, signIn, startStack, waitUntil, type Stack } from '@derm/test-kit'
import { findFreePort } from '@derm/local-servers'
import { Redis } from 'ioredis'
import { inspectorEnv } from './heap.ts'
import { startSwarm, type Swarm } from './swarm.ts'

/** A realtime node as it is served, with access checks and recovery on; events come from the log in Redis. */
export type OurSystem = {
  stack: Stack
  nodePid: number
  /** Of that node, once it is woken. */
  inspectorPort: number
  /** The frame of an event, for contenders that send the same bytes. */
  sampleFrame: string
  /** Who a client of a swarm is, and what it subscribes to. */
  subscription: { token: string; origin: string; subscribe: { topic: string; location: string } }
  /** One location's schedule, or with `'*'` each that the owner sees. */
  startSwarm(clients: number, location?: '*'): Promise<Swarm>
  /** The newest that was appended. */
  headSeq(): number
  /** Appends to the log, as the relay does, so many events in one call. */
  publish(count: number): Promise<void>
  /** Ends the API pods: their relays would take what is appended by hand for a record that lost events. */
  stopRelays(): Promise<void>
  stop(): Promise<void>
}

export async function startOurSystem(): Promise<OurSystem> {
  const inspectorPort = await findFreePort()
  const stack = await startStack({
    apis: 2,
    nodes: 2,
    env: { MAX_CONNECTIONS_PER_USER: '100000', ...inspectorEnv(inspectorPort) },
  })
  const { lakeside } = getSeedIds()
  const locationId = lakeside.locations['downtown']!.id
  const channel = `${lakeside.tenantId}/l:${locationId}/scheduling` as ChannelName
  const token = (await signIn(stack.apis[0]!.url, stack.origin, lakeside.users['owner']!.email)).accessToken
  // Both nodes have fetched the public keys then, and the log knows the channel.
  for (const { url } of stack.nodes) {
    const client = await connectClient({ url, origin: stack.origin, token })
    await client.subscribe([{ topic: 'scheduling', location: locationId }])
    client.socket.disconnect()
  }
  const redis = new Redis(stack.redis.url)
  const signer = createSigner(parseSecretList(stack.secrets.eventSigningSecret), 'event log')
  const { sign } = signer
  const writer = createRedisEventLogWriter(redis, { signer })
  let head: Position | null = null

  function next(): LogEntry {
    const { type, data } = event.appointmentUpdated({
      tenantId: lakeside.tenantId,
      locationId,
      actorId: lakeside.users['owner']!.id,
      subject: { id: crypto.randomUUID(), version: 2 },
      data: {
        patientId: lakeside.patientIds[0]!,
        providerId: lakeside.locations['downtown']!.providerIds[0]!,
        roomId: null,
        type: 'biopsy',
        status: 'scheduled',
        stage: null,
        startsAt: '2026-11-23T15:00:00.000Z',
        endsAt: '2026-11-23T15:30:00.000Z',
      } as never,
    })
    head = { epoch: head!.epoch, seq: head!.seq + 1 }
    const body = JSON.stringify({
      locationId,
      actorId: lakeside.users['owner']!.id,
      subject: { type: 'appointment', id: crypto.randomUUID(), version: 2 },
      data,
    })
    return encodeEntry({ channel, ...head, id: crypto.randomUUID(), type, at: Date.now(), body }, sign)
  }

  head = (await writer.heads([channel]))[0]!
  const sampleFrame = frameOf(next().bytes)
  head = { ...head, seq: head.seq - 1 }

  return {
    stack,
    nodePid: stack.nodes[0]!.pid,
    inspectorPort,
    sampleFrame,
    subscription: { token, origin: stack.origin, subscribe: { topic: 'scheduling', location: locationId } },
    headSeq: () => head!.seq,
    startSwarm: (clients, location) =>
      startSwarm({
        url: stack.nodes[0]!.url.replace('http', 'ws'),
        count: clients,
        protocol: 'socket.io',
        tokens: [token],
        origin: stack.origin,
        subscribe: { channels: [{ topic: 'scheduling', location: location ?? locationId }] },
      }),
    async publish(count) {
      const [result] = await writer.append([{ channel, entries: Array.from({ length: count }, next) }])
      if (!result?.ok) throw new Error(`the log refused: ${result?.reason}`)
    },
    async stopRelays() {
      await Promise.all(stack.apis.map((api) => api.stop()))
      await waitUntil(() => stack.apis.every(({ pid }) => pid === 0), { what: 'the pods to end' })
      head = (await writer.heads([channel]))[0]!
    },
    async stop() {
      redis.disconnect()
      await stack.stop()
    },
  }
}
