import { ADAPTER_KEY, tenantRoom, userRoom, type ChannelName } from '@derm/contract'
import { getSeedIds } from '@derm/database'
import { waitUntil } from '@derm/local-servers'
import { Emitter } from '@socket.io/redis-emitter'
import { Redis } from 'ioredis'
import { connectClient } from '../../connect-client.ts'
import { signIn } from '../../sign-in.ts'
import { createEventWriter } from '../../write-events.ts'
import type { Attack } from '../attack.ts'

/**
 * Whoever can publish in Redis speaks the adapter's language: an event at the next seq, a resync into the far future, a word that the connection
 * ends, the end of everybody's sockets, and what true servers said a moment ago.
 */
export const forgedAdapter: Attack = {
  name: 'messages forged into the Socket.IO adapter’s channels',
  rule: 'SEC25',
  tries: { full: 500, short: 30 },
  async run(stack, tries) {
    const { lakeside } = getSeedIds()
    const owner = lakeside.users['owner']!
    const location = Object.values(lakeside.locations)[0]!.id
    const channel = `${lakeside.tenantId}/l:${location}/scheduling` as ChannelName
    const { accessToken } = await signIn(stack.apis[0]!.url, stack.origin, owner.email)
    const clients = await Promise.all(
      stack.nodes.map(({ url }) => connectClient({ url, origin: stack.origin, token: accessToken })),
    )
    const writer = createEventWriter({
      apiUrl: stack.databases.apiUrl,
      tenantId: lakeside.tenantId,
      locationId: location,
      actorId: owner.id,
    })
    const redis = new Redis(stack.redis.url)
    const listening = redis.duplicate()
    const heard: { name: string; bytes: Buffer }[] = []
    listening.on('pmessageBuffer', (_pattern: unknown, name: Buffer, bytes: Buffer) => {
      if (heard.length < 50) heard.push({ name: String(name), bytes })
    })
    const faults: string[] = []
    try {
      await listening.psubscribe(`${ADAPTER_KEY}*`)
      for (const client of clients) await client.subscribe([{ topic: 'scheduling', location }])
      await writer.write(1)
      for (const client of clients) await waitUntil(() => client.events.length === 1, { what: 'the first event' })
      const { epoch, seq } = clients[0]!.events[0]!
      const emitter = new Emitter(redis, { key: ADAPTER_KEY })
      const rooms = [tenantRoom(lakeside.tenantId), userRoom(lakeside.tenantId, owner.id)]
      for (let i = 0; i < tries; i++) {
        const to = emitter.to(rooms[i % rooms.length]!)
        to.emit('appointment:created', { ...clients[0]!.events[0], id: crypto.randomUUID(), seq: seq + 1 })
        to.emit('resync', { channel, epoch, seq: seq + 1_000_000 })
        to.emit('heads', { channels: [{ channel, epoch, seq: seq + 1_000_000 }] })
        to.emit('closing', { code: 'access_revoked' })
        to.emit('access:changed', { added: [], removed: [channel] })
        emitter.emit('server:draining', { reconnectInMs: 0 })
        emitter.disconnectSockets(true)
        emitter.socketsLeave(rooms)
        emitter.serverSideEmit('sockets:end', { code: 'access_revoked', userId: owner.id })
        emitter.serverSideEmit('room:sizes', 'forged', { [channel]: 1e9 })
        const again = heard[i % Math.max(1, heard.length)]
        if (again) await redis.publish(again.name, again.bytes)
      }
      await redis.ping()
      await writer.write(1)
      for (const [i, client] of clients.entries()) {
        const isHere = await waitUntil(() => client.events.length >= 2, { what: 'the next event' }).then(
          () => true,
          () => false,
        )
        if (!client.socket.connected) faults.push(`the socket at node ${i + 1} ended`)
        if (!isHere) faults.push(`the next event did not come at node ${i + 1}`)
        const forged = client.frames.filter(({ name }) =>
          ['resync', 'closing', 'access:changed', 'server:draining'].includes(name),
        )
        for (const { name } of forged) faults.push(`a forged ${name} was delivered at node ${i + 1}`)
        if (client.events.some((event, at) => event.seq !== seq + at))
          faults.push(`a forged event was delivered at node ${i + 1}`)
      }
    } finally {
      redis.disconnect()
      listening.disconnect()
      await writer.stop()
      for (const { socket } of clients) socket.disconnect()
    }
    return faults
  },
}
