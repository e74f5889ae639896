import {
  TOPIC_SCOPE,
  definitionOf,
  locationChannel,
  parseChannel,
  readDownMessage,
  tenantChannel,
  userChannel,
  type EventEnvelope,
  type EventOf,
  type EventType,
  type LocationId,
  type SubscribeAck,
  type TenantId,
  type Topic,
  type UserId,
} from '@derm/contract'
import type { Transport, TransportHandlers } from '@derm/core/client'

export const TEST_TENANT = '00000000-0000-4000-8000-000000000001'
const LOCATION = '00000000-0000-4000-8000-000000000002'
const USER = '00000000-0000-4000-8000-000000000003'
const FIRST_EPOCH = '0000000000010000'

/** Where an event belongs, by the scope of its topic. What is left out is the test's own location or user. */
type Place = {
  location: { locationId?: string; recipientId?: never }
  tenant: { locationId?: string; recipientId?: never }
  user: { locationId?: string; recipientId?: string }
}
type PlaceOf<Type extends EventType> = Place[(typeof TOPIC_SCOPE)[EventOf<Type>['topic']]]

export type EmitInput<Type extends EventType> = PlaceOf<Type> & {
  subject?: { id: string; version?: number }
  data: EventEnvelope<Type>['data']
  previous?: EventEnvelope<Type>['previous']
  mutationId?: string
  spreadMs?: number
}
type AnyPlace = { locationId?: string | undefined; recipientId?: string | undefined }
type Request = { topic: Topic; location?: string; cursors?: Record<string, { seq: number }> }

/** A realtime node in memory, for one client: channels with a position, and what the user may see of them. */
export class TestServer implements Transport {
  tenant = TEST_TENANT
  isReachable = true
  maxChannels = Infinity
  /** What was subscribed so far, request by request. */
  readonly subscriptions: unknown[] = []
  private epoch = FIRST_EPOCH
  private readonly heads = new Map<string, number>()
  private readonly granted = new Set<string>()
  private readonly withheld = new Set<string>()
  private handlers: TransportHandlers | undefined

  connect(_token: string, handlers: TransportHandlers): void {
    this.handlers = handlers
    queueMicrotask(() => {
      if (this.handlers !== handlers) return
      if (this.isReachable) handlers.onConnect()
      else handlers.onRefused(undefined)
    })
  }

  disconnect(): void {
    this.handlers = undefined
  }

  request(name: string, body: unknown, answer: (body: unknown) => void): void {
    if (name !== 'subscribe') return answer({ ok: true })
    this.subscriptions.push(body)
    const { channels } = body as { channels: Request[] }
    const asked = channels
      .flatMap((request) => this.channelsOf(request).map((channel) => ({ channel, request })))
      .filter(({ channel }) => !this.withheld.has(channel))
    const answered = asked.slice(0, this.maxChannels).map(({ channel, request: { cursors } }) => {
      const seq = this.heads.get(channel) ?? 0
      this.heads.set(channel, seq)
      const cursor = cursors?.[channel]
      const status = !cursor ? 'live' : cursor.seq === seq ? 'recovered' : 'resync'
      return { channel, epoch: this.epoch, seq, status, events: [] as EventEnvelope[] } as const
    })
    const denied = asked.slice(this.maxChannels).map(({ channel, request: { topic } }) => {
      const parsed = parseChannel(channel)
      const place = parsed?.kind === 'location' ? { location: parsed.locationId } : {}
      return { topic, ...place, code: 'too_many_channels' }
    })
    // As over a network: not in the same turn.
    queueMicrotask(() => answer({ ok: true, node: 'test', channels: answered, denied } satisfies SubscribeAck))
  }

  /** @throws when a client could not read the event. */
  emit<Type extends EventType>(type: Type, input: EmitInput<Type>): EventEnvelope<Type> {
    const { topic, subject, scope } = definitionOf(type)
    const { subject: of, recipientId, ...rest } = input as EmitInput<Type> & AnyPlace
    const locationId = rest.locationId ?? (scope === 'location' ? LOCATION : undefined)
    const channel = this.channelOf(topic, { locationId, recipientId })
    const seq = (this.heads.get(channel) ?? 0) + 1
    this.heads.set(channel, seq)
    const event = {
      ...rest,
      id: crypto.randomUUID(),
      type,
      channel,
      epoch: this.epoch,
      seq,
      at: new Date().toISOString(),
      ...(locationId === undefined ? {} : { locationId }),
      actorId: crypto.randomUUID(),
      subject: { type: subject, id: of?.id ?? crypto.randomUUID(), version: of?.version ?? 1 },
    } as unknown as EventEnvelope<Type>
    if (!readDownMessage(type, event)) throw new Error(`no client could read this event: ${JSON.stringify(event)}`)
    this.send(type, event)
    return event
  }

  resync(epoch = this.epoch): void {
    this.epoch = epoch
    for (const [channel, seq] of this.heads) {
      this.heads.set(channel, seq + 1)
      this.send('resync', { channel, epoch, seq: seq + 1 })
    }
  }

  changeAccess({ added = [], removed = [] }: { added?: string[]; removed?: string[] }): void {
    for (const channel of removed) {
      this.heads.delete(channel)
      this.granted.delete(channel)
      this.withheld.add(channel)
    }
    for (const channel of added) {
      this.granted.add(channel)
      this.withheld.delete(channel)
    }
    this.send('access:changed', { added, removed })
  }

  setLagging(isLate: boolean): void {
    this.send('feed', { isLate })
  }

  cut(): void {
    this.isReachable = false
    this.handlers?.onDisconnect()
  }

  private send(name: string, body: unknown): void {
    this.handlers?.onMessage(name, body)
  }

  /** As a node does it: a topic that is no location's has no channel at a location. */
  private channelsOf({ topic, location = '*' }: Request): string[] {
    if (location === '*')
      return [
        ...new Set([this.channelOf(topic, {}), ...[...this.granted].filter((name) => name.endsWith(`/${topic}`))]),
      ]
    return TOPIC_SCOPE[topic] === 'location' ? [this.channelOf(topic, { locationId: location })] : []
  }

  private channelOf(topic: Topic, { locationId = LOCATION, recipientId = USER }: AnyPlace): string {
    const tenant = this.tenant as TenantId
    switch (TOPIC_SCOPE[topic]) {
      case 'location':
        return locationChannel(tenant, locationId as LocationId, topic)
      case 'tenant':
        return tenantChannel(tenant, topic)
      case 'user':
        return userChannel(tenant, recipientId as UserId, topic)
    }
  }
}
