import type {
  DeniedChannel,
  DownBody,
  DownName,
  EventEnvelope,
  Position,
  SubscribeAck,
  SubscribedChannel,
} from '@derm/contract'
import { silentLogger } from '../logger.ts'
import { ManualClock, settle } from '../testing/manual-clock.ts'
import { Subscriber, type SubscriberSettings } from './subscriber.ts'
import type { ConnectAs, Transport, TransportHandlers } from './transport.ts'

export const TENANT = '00000000-0000-4000-8000-00000000000a'
export const NORTH = '00000000-0000-4000-8000-000000000001'
export const SOUTH = '00000000-0000-4000-8000-000000000002'
export const north = `${TENANT}/l:${NORTH}/scheduling`
export const south = `${TENANT}/l:${SOUTH}/scheduling`
export const EPOCH = '0000000000010000'
export const LATER = '0000000000020000'

type Asked = {
  name: string
  body: { channels?: { topic: string; location?: string; cursors?: Record<string, Position> }[]; token?: string }
  answer: (body: unknown) => void
}

/** A server played by hand. */
class Line implements Transport {
  handlers: TransportHandlers | undefined
  tokens: string[] = []
  /** As what it connected, each time. */
  connections: ConnectAs[] = []
  asked: Asked[] = []
  connect(token: string, handlers: TransportHandlers, as: ConnectAs): void {
    this.tokens.push(token)
    this.connections.push(as)
    this.handlers = handlers
  }
  disconnect(): void {
    this.handlers = undefined
  }
  request(name: string, body: unknown, answer: (body: unknown) => void): void {
    this.asked.push({ name, body: body as Asked['body'], answer })
  }
  ack(...channels: (Partial<SubscribedChannel> & { seq: number })[]): void {
    this.deny([], ...channels)
  }
  readonly event = event
  /** As `ack`, and what of it is denied. */
  deny(denied: DeniedChannel[], ...channels: (Partial<SubscribedChannel> & { seq: number })[]): void {
    const full = channels.map((one) => ({ channel: north, epoch: EPOCH, status: 'live' as const, events: [], ...one }))
    this.asked.at(-1)!.answer({ ok: true, node: 'n1', channels: full, denied } satisfies SubscribeAck)
  }
  refuse(code: string): void {
    this.asked.at(-1)!.answer({ ok: false, code, message: code } satisfies SubscribeAck)
  }
  say<Name extends DownName>(name: Name, body: DownBody<Name>): void {
    this.handlers!.onMessage(name, body)
  }
  send(seq: number, channel = north, epoch = EPOCH): void {
    this.handlers!.onMessage('appointment:updated', event(seq, channel, epoch))
  }
}

export function event(seq: number, channel = north, epoch = EPOCH): EventEnvelope {
  const subject = { type: 'appointment', id: NORTH, version: 1 }
  const at = '2026-01-02T03:04:05.678Z'
  const head = { id: TENANT, type: 'appointment:updated', channel, epoch, seq, at, actorId: TENANT, subject }
  return { ...head, data: {} } as unknown as EventEnvelope
}

export function setUp(settings: Partial<SubscriberSettings> = {}) {
  const line = new Line()
  const clock = new ManualClock()
  const told: string[] = []
  let token = 'first'
  let renewals = 0
  let refresh: () => Promise<string> = () => Promise.resolve('refreshed')
  const subscriber = new Subscriber({
    transport: line,
    clock,
    random: () => 0.5,
    logger: silentLogger,
    getToken: () => Promise.resolve(token),
    async refreshToken() {
      renewals++
      return (token = await refresh())
    },
    onEvent: ({ seq, channel }) => told.push(`${channel === north ? '' : 'south '}${seq}`),
    onPosition: (_channel, { seq }) => told.push(`position ${seq}`),
    onResync: (_channel, { seq }) => told.push(`resync ${seq}`),
    onRemoved: (channels) => told.push(`removed ${channels.length}, cursors ${subscriber.cursors.size}`),
    onAdded: (channels) => told.push(`added ${channels.length}`),
    onConnection: () => {},
    settings,
  })
  return {
    line,
    clock,
    told,
    subscriber,
    status: () => subscriber.getConnection().status,
    renewals: () => renewals,
    setToken: (text: string) => void (token = text),
    failRefresh: (error: Error) => (refresh = () => Promise.reject(error)),
    async connect(seq = 10) {
      subscriber.start()
      subscriber.retain({ topic: 'scheduling' })
      await settle()
      line.handlers!.onConnect()
      line.ack({ seq })
    },
    /** The connection ends; the next one stands, its subscription not yet answered. */
    async reconnect() {
      line.handlers!.onDisconnect()
      await clock.advance(20_000)
      line.handlers!.onConnect()
    },
  }
}
