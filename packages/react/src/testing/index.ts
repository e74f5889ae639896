import { CATALOGUE, readDownMessage, type EventEnvelope, type EventType, type SubscribeAck } from '@derm/contract'
import type { Transport, TransportHandlers } from '@derm/core/client'
import { createRealtime, type Realtime, type RealtimeOptions } from '../create-realtime.ts'

const TENANT = '00000000-0000-4000-8000-000000000001'
const FIRST_EPOCH = '0000000000010000'

export type EmitInput<Type extends EventType> = {
  subject?: { id: string; version?: number }
  data: EventEnvelope<Type>['data']
  previous?: EventEnvelope<Type>['previous']
  locationId?: string
  mutationId?: string
  spreadMs?: number
}

export type TestRealtime = Realtime & {
  /** Delivers an event as if somebody else had caused it; returns it. */
  emit<Type extends EventType>(type: Type, input: EmitInput<Type>): EventEnvelope<Type>
  /** Tells every subscribed channel to resync; with an epoch, because that one has begun. */
  resync(epoch?: string): void
  /** Who signs in next belongs to another tenant. */
  switchTenant(tenantId: string): void
  /** Somebody changed what the user may see; channels by their names. Without a connection it shows in the next answer. */
  changeAccess(change: { added?: string[]; removed?: string[] }): void
  /** The node says that it is cut off from the events, or no longer is. */
  setLate(isLate: boolean): void
  disconnect(): void
  reconnect(): void
  /** What was subscribed so far, request by request. */
  readonly subscriptions: readonly unknown[]
}

/** A realtime without a server, for an application's own tests: the real subscriber and refetch scheduler on a transport in memory. */
export function createTestRealtime(
  options: Partial<RealtimeOptions> & Pick<RealtimeOptions, 'queryClient'>,
): TestRealtime {
  let handlers: TransportHandlers | undefined
  let isReachable = true
  const heads = new Map<string, number>()
  const subscriptions: unknown[] = []
  const granted = new Set<string>()
  const withheld = new Set<string>()
  let tenant = TENANT
  let epoch = FIRST_EPOCH
  const defaultLocation = '00000000-0000-4000-8000-000000000002'

  function channelOf(topic: string, location: string | undefined): string {
    const scope =
      topic === 'patients' || topic === 'billing'
        ? 't'
        : `l:${location === undefined || location === '*' ? defaultLocation : location}`
    return `${tenant}/${scope}/${topic}`
  }

  const transport: Transport = {
    connect(_token, given) {
      handlers = given
      queueMicrotask(() => {
        if (handlers !== given) return
        if (isReachable) given.onConnect()
        else given.onRefused(undefined)
      })
    },
    disconnect() {
      handlers = undefined
    },
    request(name, body, respond) {
      if (name !== 'subscribe') return respond({ ok: true })
      subscriptions.push(body)
      const { channels } = body as {
        channels: { topic: string; location?: string; cursors?: Record<string, { seq: number }> }[]
      }
      const wanted = channels.flatMap(({ topic, location, cursors }) => {
        const more =
          location === undefined || location === '*' ? [...granted].filter((name) => name.endsWith(`/${topic}`)) : []
        return [...new Set([channelOf(topic, location), ...more])].map((channel) => ({ channel, cursors }))
      })
      const answered = wanted
        .filter(({ channel }) => !withheld.has(channel))
        .map(({ channel, cursors }) => {
          const seq = heads.get(channel) ?? 0
          heads.set(channel, seq)
          const cursor = cursors?.[channel]
          const status = !cursor ? 'live' : cursor.seq === seq ? 'recovered' : 'resync'
          return { channel, epoch, seq, status, events: [] as EventEnvelope[] } as const
        })
      // As over a network: not in the same turn.
      queueMicrotask(() => respond({ ok: true, node: 'test', channels: answered, denied: [] } satisfies SubscribeAck))
    },
  }

  const realtime = createRealtime({
    url: 'http://localhost',
    apiUrl: 'http://localhost',
    getToken: async () => 'test',
    refreshToken: async () => 'test',
    resources: { appointments: [['appointments']], waitlist: [['waitlist']], patients: [['patients']] },
    transport,
    // Nothing here speaks by the clock.
    subscriber: { silentMs: Infinity, deadMs: Infinity },
    ...options,
  })

  return Object.assign(realtime, {
    emit<Type extends EventType>(type: Type, input: EmitInput<Type>): EventEnvelope<Type> {
      const { topic, subject } = CATALOGUE[type]
      const channel = channelOf(topic, input.locationId)
      const seq = (heads.get(channel) ?? 0) + 1
      heads.set(channel, seq)
      const event = {
        id: crypto.randomUUID(),
        type,
        channel,
        epoch,
        seq,
        at: new Date().toISOString(),
        ...(topic === 'scheduling' ? { locationId: input.locationId ?? defaultLocation } : {}),
        actorId: crypto.randomUUID(),
        subject: { type: subject, id: input.subject?.id ?? crypto.randomUUID(), version: input.subject?.version ?? 1 },
        data: input.data,
        ...(input.previous === undefined ? {} : { previous: input.previous }),
        ...(input.mutationId === undefined ? {} : { mutationId: input.mutationId }),
        ...(input.spreadMs === undefined ? {} : { spreadMs: input.spreadMs }),
      } as unknown as EventEnvelope<Type>
      if (!readDownMessage(type, event))
        throw new Error(`emit: not an event as a client reads it: ${JSON.stringify(event)}`)
      handlers?.onMessage(type, event)
      return event
    },
    resync(next = epoch) {
      epoch = next
      for (const [channel, seq] of heads) {
        heads.set(channel, seq + 1)
        handlers?.onMessage('resync', { channel, epoch, seq: seq + 1 })
      }
    },
    switchTenant(tenantId: string) {
      tenant = tenantId
    },
    changeAccess({ added = [], removed = [] }: { added?: string[]; removed?: string[] }) {
      for (const channel of removed) {
        heads.delete(channel)
        granted.delete(channel)
        withheld.add(channel)
      }
      for (const channel of added) {
        granted.add(channel)
        withheld.delete(channel)
      }
      handlers?.onMessage('access:changed', { added, removed })
    },
    setLate(isLate: boolean) {
      handlers?.onMessage('feed', { isLate })
    },
    disconnect() {
      isReachable = false
      handlers?.onDisconnect()
    },
    reconnect() {
      isReachable = true
    },
    subscriptions,
  })
}
export { FakeApi } from './fake-api.ts'
