import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TokenVerifier } from '@derm/auth'
import {
  CodedError,
  ERRORS,
  REALTIME_PATH,
  RefreshRequest,
  maySee,
  parseChannel,
  sessionRoom,
  tenantRoom,
  userRoom,
  type ErrorCode,
  type PlainAck,
  type SubscribeAck,
  type UserId,
} from '@derm/contract'
import { spliceSpread, systemClock, type EventLogReader, type Sign } from '@derm/core'
import { ChannelHub } from '@derm/core/node'
import type { Logger } from '@derm/service'
import type { Redis } from 'ioredis'
import type pg from 'pg'
import { Server, type Socket } from 'socket.io'
import { createGuardedAdapter } from './adapter.ts'
import { toPrincipal, type AccessRow } from './access-row.ts'
import { AccessWatch } from './access-watch.ts'
import type { RealtimeConfig } from './config.ts'
import { FanOut } from './fan-out.ts'
import { addFaultHandlers } from './fault-handlers.ts'
import { guardConnections } from './guard-connection.ts'
import { guardHandlers } from './guard-handlers.ts'
import { admit, checkOrigin, refusalOf } from './handshake.ts'
import { Member } from './member.ts'
import type { RealtimeMetrics } from './realtime-metrics.ts'
import { RoomSizes } from './room-sizes.ts'
import { findAdded, subscribe, unsubscribe, type SubscribeContext } from './subscribe.ts'

export type RealtimeNodeOptions = {
  config: RealtimeConfig
  logger: Logger
  metrics: RealtimeMetrics
  verifier: TokenVerifier
  accessPool: Pick<pg.Pool, 'query'>
  eventLog: EventLogReader
  sign: Sign
  adapterPub: Redis
  adapterSub: Redis
}

export interface RealtimeNode {
  io: Server
  start(): Promise<number>
  isReady(): boolean
  /** Asks every client to reconnect elsewhere, at its own moment, then closes what is left. */
  drain(): Promise<void>
  stop(): Promise<void>
}

/** Sockets that the client may open again by itself are closed in a way that leaves its reconnecting on. */
const EXPIRY_WARNING_S = 60
const DRAIN_PER_SECOND = 200
/** What waits for a client that reads slowly is thrown away so long after it was closed, or may no longer see it. */
const LAST_FRAME_MS = 1000

export function createRealtimeNode(options: RealtimeNodeOptions): RealtimeNode {
  const { config, logger, metrics, verifier } = options
  const nodeName = config.INSTANCE_NAME
  const http = createServer((_request, response) => response.writeHead(404).end())
  const members = new Map<string, Member>()
  const byUser = new Map<UserId, Set<Member>>()
  const byConnection = new WeakMap<Socket['conn'], Member>()
  /** Connections whose handshake is under way or passed. */
  const shaking = new WeakSet<Socket['conn']>()
  const fanOut = new FanOut()
  let isDraining = false
  let isStarted = false

  const io = new Server(http, {
    path: REALTIME_PATH,
    serveClient: false,
    transports: ['websocket'],
    perMessageDeflate: false,
    httpCompression: false,
    maxHttpBufferSize: config.MAX_PACKET_BYTES,
    connectTimeout: 10_000,
    pingInterval: 20_000,
    pingTimeout: 15_000,
    adapter: createGuardedAdapter(options.adapterPub, options.adapterSub, (error) => {
      metrics.feedGarbage.inc({ where: 'adapter' })
      logger.warn({ error }, 'a message between nodes was malformed')
    }),
    allowRequest: (request, decide) => {
      const code = isDraining ? 'server_draining' : checkOrigin(request, config.PUBLIC_ORIGINS)
      if (code) metrics.handshakesRefused.inc({ code })
      decide(code, code === null)
    },
  })

  const access = new AccessWatch({
    pool: options.accessPool,
    logger,
    everyMs: config.ACCESS_CHECK_MS,
    maxAgeMs: config.ACCESS_MAX_AGE_MS,
    connected: () => byUser.keys(),
    onChange: changeAccess,
    onConfirmedAgain: () => void hub.verify('break').catch(() => {}),
  })

  const sizes = new RoomSizes(
    io,
    nodeName,
    (channel) => hub.membersOf(channel).size,
    () => hub.names(),
  )

  const hub = new ChannelHub<Member>({
    log: options.eventLog,
    sign: options.sign,
    clock: systemClock,
    logger,
    isConfirmed: () => access.isConfirmed(),
    confirm: () => access.confirm(),
    deliver: (channel, to, frame) => {
      const spreadMs = sizes.spreadMs(channel, to.size)
      fanOut.push(channel, to, spreadMs > 0 ? spliceSpread(frame, spreadMs) : frame)
    },
    resync: (channel, to, position) => {
      fanOut.push(channel, to, `42${JSON.stringify(['resync', { channel, ...position }])}`)
    },
    observer: {
      delivered(count, at) {
        metrics.deliveries.inc(count)
        metrics.commitToDelivery.observe(Math.max(0, Date.now() - at) / 1000)
      },
      gapFound: (how) => metrics.gapsFound.inc({ how }),
      repaired: (entries) => {
        metrics.gapsRepaired.inc()
        metrics.repairedEvents.inc(entries)
      },
      resynced: (reason, count) => metrics.resyncs.inc({ reason }, count),
      recovered: (outcome, entries) => {
        metrics.recoveries.inc({ outcome })
        if (outcome === 'recovered') metrics.recoverySize.observe(entries)
        if (outcome === 'resync') metrics.resyncs.inc({ reason: 'subscribe' })
      },
      garbage: () => metrics.feedGarbage.inc({ where: 'feed' }),
    },
  })

  const context: SubscribeContext = {
    nodeName,
    hub,
    fanOut,
    access,
    maxChannels: config.MAX_CHANNELS_PER_SOCKET,
    timeoutMs: 10_000,
    maxAnswerBytes: config.MAX_BUFFERED_BYTES / 2,
    onTooLarge: () => metrics.resyncs.inc({ reason: 'answer_size' }),
    isAnsweringResync: config.NODE_ENV === 'test' && config.FAULT_ANSWER_RESYNC === '1',
  }

  io.use((socket, next) => {
    const refuse = (code: ErrorCode) => {
      metrics.handshakesRefused.inc({ code })
      next(Object.assign(new Error(code), { data: { code, client: ERRORS[code].client } }))
    }
    // Socket.IO would make a second socket of it, and a third, past every limit per socket.
    if (shaking.has(socket.conn)) return refuse('validation_failed')
    shaking.add(socket.conn)
    admit(socket.handshake.auth, verifier, access)
      .then(({ token }) => {
        if ((byUser.get(token.sub)?.size ?? 0) >= config.MAX_CONNECTIONS_PER_USER)
          throw new CodedError('too_many_connections')
        socket.data = { token }
        next()
      })
      .catch((error: unknown) => {
        const code: ErrorCode = error instanceof CodedError ? error.code : 'internal'
        if (code === 'internal') logger.error({ error }, 'a handshake failed')
        shaking.delete(socket.conn)
        refuse(code)
      })
  })

  guardConnections(
    io,
    { burst: config.PACKET_BURST, rate: config.PACKET_RATE },
    {
      onRefused: (code) => metrics.packetsRefused.inc({ code }),
      onFlood(conn) {
        metrics.packetsRefused.inc({ code: 'rate_limited' })
        const member = byConnection.get(conn)
        if (member) close(member, 'rate_limited')
        else conn.close()
      },
    },
  )

  io.on('connection', (socket) => {
    guardHandlers(socket, (error) => {
      metrics.handlerErrors.inc()
      logger.error({ error }, 'a handler threw')
    })
    connect(socket)
  })

  function connect(socket: Socket): void {
    const { token } = socket.data as { token: Awaited<ReturnType<TokenVerifier['verify']>> }
    const member = new Member(socket, token.sub, token.tid, token.sid, token.exp, config.MAX_BUFFERED_BYTES, endSlow)
    // Between the handshake and here somebody may have been revoked.
    const refusal = isDraining ? 'server_draining' : refusalOf(access.get(token.sub), token)
    if (refusal) return close(member, refusal)
    byConnection.set(socket.conn, member)
    members.set(socket.id, member)
    const ofUser = byUser.get(member.userId) ?? new Set()
    byUser.set(member.userId, ofUser.add(member))
    metrics.connections.set(members.size)
    void socket.join([
      sessionRoom(member.sessionId),
      userRoom(member.tenantId, member.userId),
      tenantRoom(member.tenantId),
    ])

    socket.on('error', () => {
      metrics.packetsRefused.inc({ code: 'packet_malformed' })
    })
    handle<SubscribeAck>(member, 'subscribe', (body, answer) => subscribe(context, member, body, answer))
    handle<PlainAck>(member, 'unsubscribe', (body, answer) => {
      unsubscribe(context, member, body)
      answer({ ok: true })
    })
    handle<PlainAck>(member, 'auth:refresh', (body, answer) => refresh(member, body, answer))
    socket.on('disconnect', (reason) => {
      // By a message of another process, which does not wait for our comparison of access.
      if (reason === 'server namespace disconnect' && !member.isClosed) metrics.revocations.inc({ kind: 'kicked' })
      // A packet in a state that does not know it, as Socket.IO finds: connecting what is connected.
      if (/^forced (server )?close$/.test(reason) && !member.isClosed)
        metrics.packetsRefused.inc({ code: 'packet_malformed' })
      forget(member)
    })
    if (config.NODE_ENV === 'test' && config.FAULT_THROWING_HANDLERS === '1') addFaultHandlers(socket)
  }

  function handle<Ack extends { ok: boolean }>(
    member: Member,
    name: string,
    run: (body: unknown, answer: (ack: Ack) => void) => void | Promise<void>,
  ): void {
    member.socket.on(name, async (body: unknown, ack: unknown) => {
      const answer = typeof ack === 'function' ? (ack as (answer: unknown) => void) : () => {}
      try {
        await run(body, answer)
      } catch (error) {
        const code = error instanceof CodedError ? error.code : 'internal'
        if (code === 'internal') {
          metrics.handlerErrors.inc()
          logger.error({ error, event: name }, 'a request of a socket failed')
        } else if (error instanceof CodedError && error.cause)
          logger.warn({ error: error.cause, event: name }, 'a request of a socket could not be answered')
        answer({ ok: false, code, message: ERRORS[code].title })
      }
    })
  }

  async function refresh(member: Member, body: unknown, answer: (ack: PlainAck) => void): Promise<void> {
    const request = RefreshRequest.safeParse(body)
    if (!request.success) throw new CodedError('validation_failed')
    const token = await verifier.verify(request.data.token)
    if (token.sub !== member.userId || token.sid !== member.sessionId || token.tid !== member.tenantId)
      throw new CodedError('token_invalid')
    const refusal = refusalOf(access.get(member.userId), token)
    if (refusal) throw new CodedError(refusal)
    member.expiresAt = Math.max(member.expiresAt, token.exp)
    member.isWarned = false
    answer({ ok: true })
  }

  /** Carried out at once and without a pause: a removed channel's frames end here. [SEC2] */
  function changeAccess(userId: UserId, row: AccessRow | null): void {
    const started = performance.now()
    for (const member of [...(byUser.get(userId) ?? [])]) {
      const refusal = refusalOf(row, { tid: member.tenantId, sid: member.sessionId })
      if (!row || refusal) {
        metrics.revocations.inc({ kind: refusal ?? 'access_revoked' })
        close(member, refusal ?? 'access_revoked')
        continue
      }
      const principal = toPrincipal(row)
      const removed = [...member.channels].filter((channel) => !maySee(principal, parseChannel(channel)!))
      for (const channel of removed) {
        hub.leave(channel, member)
        member.channels.delete(channel)
      }
      if (removed.length > 0) member.expectFlush(LAST_FRAME_MS, endSlow)
      const added = findAdded(member, principal)
      if (added.length + removed.length === 0) continue
      metrics.revocations.inc({ kind: 'grants' })
      member.socket.emit('access:changed', { added, removed })
    }
    metrics.revocationSeconds.observe((performance.now() - started) / 1000)
  }

  function close(member: Member, code: ErrorCode): void {
    if (member.isClosed) return
    forget(member)
    metrics.socketsClosed.inc({ code })
    member.socket.emit('closing', { code })
    if (ERRORS[code].client === 'stop') member.socket.disconnect(true)
    else member.socket.conn.close()
  }

  function endSlow(member: Member): void {
    if (member.isClosed) return
    metrics.slowConsumers.inc()
    metrics.socketsClosed.inc({ code: 'slow_consumer' })
    forget(member)
    member.terminate()
  }

  function forget(member: Member): void {
    if (!member.isClosed) member.expectEnd(LAST_FRAME_MS)
    member.isClosed = true
    for (const channel of [...member.channels]) {
      hub.leave(channel, member)
      member.channels.delete(channel)
    }
    members.delete(member.socket.id)
    const ofUser = byUser.get(member.userId)
    ofUser?.delete(member)
    if (ofUser?.size === 0) {
      byUser.delete(member.userId)
      access.forget(member.userId)
    }
    metrics.connections.set(members.size)
  }

  function tick(): void {
    const now = Date.now() / 1000
    let subscriptions = 0
    for (const member of [...members.values()]) {
      subscriptions += member.channels.size
      const left = member.expiresAt - now
      if (left <= 0) close(member, 'token_expired')
      else if (left <= EXPIRY_WARNING_S && !member.isWarned) {
        member.isWarned = true
        member.socket.emit('auth:expiring', { expiresInMs: Math.round(left * 1000) })
      }
    }
    metrics.subscriptions.set(subscriptions)
    metrics.channels.set([...hub.names()].length)
    metrics.accessAge.set(Math.min(access.ageMs / 1000, 3600))
  }

  /** What was delivered, in line with the events: a client that is behind it has a hole. */
  function sendHeads(): void {
    if (!access.isConfirmed()) return
    fanOut.flushAll()
    for (const member of members.values()) {
      const channels = [...member.channels].flatMap((channel) => {
        const position = hub.position(channel)
        return position ? [{ channel, ...position }] : []
      })
      if (channels.length > 0) member.socket.emit('heads', { channels })
    }
  }

  const timers: NodeJS.Timeout[] = []
  io.on('access:check', (userId: unknown) => {
    if (typeof userId === 'string' && byUser.has(userId as UserId)) void access.confirm().catch(() => {})
  })

  return {
    io,
    isReady: () => isStarted && !isDraining && access.isConfirmed(),
    async start() {
      // Without Postgres it starts all the same, unready, and admits nobody until access is confirmed.
      await access.confirm().catch((error: unknown) => logger.warn({ error }, 'access could not be confirmed yet'))
      access.start()
      hub.start()
      sizes.start()
      timers.push(setInterval(tick, 1000), setInterval(sendHeads, config.HEADS_EVERY_MS))
      await new Promise<void>((resolve, reject) => {
        http.once('error', reject)
        http.listen(config.PORT, config.HOST, resolve)
      })
      isStarted = true
      return (http.address() as AddressInfo).port
    },
    async drain() {
      isDraining = true
      const spread = Math.min(10_000, (members.size / DRAIN_PER_SECOND) * 1000) + 100
      const closing = [...members.values()].map(async (member) => {
        const reconnectInMs = Math.round(Math.random() * spread)
        member.socket.emit('server:draining', { reconnectInMs })
        await new Promise((resolve) => setTimeout(resolve, reconnectInMs))
        close(member, 'server_draining')
      })
      await Promise.all(closing)
    },
    async stop() {
      for (const timer of timers) clearInterval(timer)
      sizes.stop()
      access.stop()
      hub.stop()
      await io.close()
    },
  }
}
