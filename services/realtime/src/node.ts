import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TokenVerifier, VerifiedToken } from '@derm/auth'
import {
  CodedError,
  ERRORS,
  REALTIME_PATH,
  sessionRoom,
  tenantRoom,
  userRoom,
  type ErrorCode,
  type UserId,
} from '@derm/contract'
import { spliceSpread, systemClock, type EventLogReader, type Logger, type Sign } from '@derm/core'
import { ChannelHub } from '@derm/core/node'
import type { Redis } from 'ioredis'
import type pg from 'pg'
import { Server, type Socket } from 'socket.io'
import { changeAccess } from './access-change.ts'
import { AccessWatch } from './access-watch.ts'
import { createGuardedAdapter } from './adapter.ts'
import type { RealtimeConfig } from './config.ts'
import { FanOut } from './fan-out.ts'
import { addFaultHandlers } from './fault-handlers.ts'
import { guardConnections } from './guard-connection.ts'
import { guardHandlers } from './guard-handlers.ts'
import { admit, checkOrigin, forgetHandshake, refusalOf } from './handshake.ts'
import { observeHub } from './hub-observer.ts'
import { Member } from './member.ts'
import { Members } from './members.ts'
import type { RealtimeMetrics } from './realtime-metrics.ts'
import { answerRequests, type RequestContext } from './requests.ts'
import { RoomSizes } from './room-sizes.ts'
import { Upkeep } from './upkeep.ts'

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

const DRAIN_PER_SECOND = 200
const CONNECT_TIMEOUT_MS = 10_000
const SUBSCRIBE_TIMEOUT_MS = 10_000

/** Puts a node together: a Socket.IO server, the hub that listens to the log, and what watches over both. */
export function createRealtimeNode(options: RealtimeNodeOptions): RealtimeNode {
  const { config, logger, metrics, verifier } = options
  const http = createServer((_request, response) => response.writeHead(404).end())
  const fanOut = new FanOut()
  let isDraining = false
  let isStarted = false

  const members = new Members({
    metrics,
    leave: (channel, member) => hub.leave(channel, member),
    onUserGone: (userId) => access.forget(userId),
  })

  const io = new Server(http, {
    path: REALTIME_PATH,
    serveClient: false,
    transports: ['websocket'],
    perMessageDeflate: false,
    httpCompression: false,
    maxHttpBufferSize: config.MAX_PACKET_BYTES,
    connectTimeout: CONNECT_TIMEOUT_MS,
    pingInterval: 20_000,
    pingTimeout: 15_000,
    adapter: createGuardedAdapter(options.adapterPub, options.adapterSub, (error) => {
      metrics.foreignMessages.inc({ where: 'adapter' })
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
    connected: () => members.users(),
    onChange: (userId, row) => changeAccess({ members, hub, metrics }, userId, row),
    onConfirmedAgain: () => void hub.verify('break').catch(() => {}),
  })

  const sizes = new RoomSizes(
    io,
    config.INSTANCE_NAME,
    (channel) => hub.membersOf(channel).size,
    () => hub.names(),
  )

  const hub = new ChannelHub<Member>({
    eventLog: options.eventLog,
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
    observer: observeHub(metrics),
  })

  const requests: RequestContext = {
    nodeName: config.INSTANCE_NAME,
    hub,
    fanOut,
    access,
    verifier,
    metrics,
    logger,
    maxChannels: config.MAX_CHANNELS_PER_SOCKET,
    timeoutMs: SUBSCRIBE_TIMEOUT_MS,
    maxAnswerBytes: config.MAX_BUFFERED_BYTES / 2,
    onTooLarge: () => metrics.resyncs.inc({ reason: 'answer_size' }),
    isAnsweringResync: config.NODE_ENV === 'test' && config.FAULT_ANSWER_RESYNC === '1',
  }
  const upkeep = new Upkeep({ members, hub, fanOut, access, metrics, headsEveryMs: config.HEADS_EVERY_MS })

  /** Connections whose handshake is under way or passed. */
  const shaking = new WeakSet<Socket['conn']>()
  io.use((socket, next) => {
    const refuse = (code: ErrorCode) => {
      metrics.handshakesRefused.inc({ code })
      next(Object.assign(new Error(code), { data: { code, client: ERRORS[code].client } }))
    }
    // Socket.IO would make a second socket of it, and a third, past every limit per socket.
    if (shaking.has(socket.conn)) return refuse('validation_failed')
    shaking.add(socket.conn)
    admit(socket.handshake.auth, verifier, access)
      .then((token) => {
        if (members.countOf(token.sub) >= config.MAX_CONNECTIONS_PER_USER) throw new CodedError('too_many_connections')
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
        const member = members.onConnection(conn)
        if (member) members.close(member, 'rate_limited')
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
    const { token } = socket.data as { token: VerifiedToken }
    forgetHandshake(socket)
    const { sub, tid, sid, exp } = token
    const member = new Member(socket, sub, tid, sid, exp, config.MAX_BUFFERED_BYTES, members.endSlow)
    // Between the handshake and here somebody may have been revoked.
    const refusal = isDraining ? 'server_draining' : refusalOf(access.get(sub), token)
    if (refusal) return members.close(member, refusal)
    members.add(member)
    void socket.join([sessionRoom(sid), userRoom(tid, sub), tenantRoom(tid)])
    upkeep.tellWhetherLagging(member)
    answerRequests(requests, member)
    socket.on('error', () => {
      metrics.packetsRefused.inc({ code: 'packet_malformed' })
    })
    socket.on('disconnect', (reason) => {
      // By a message of another process, which does not wait for our comparison of access.
      if (reason === 'server namespace disconnect' && !member.isClosed) metrics.revocations.inc({ kind: 'by_message' })
      // A packet in a state that does not know it, as Socket.IO finds: connecting what is connected.
      if (/^forced (server )?close$/.test(reason) && !member.isClosed)
        metrics.packetsRefused.inc({ code: 'packet_malformed' })
      members.forget(member)
    })
    if (config.NODE_ENV === 'test' && config.FAULT_THROWING_HANDLERS === '1') addFaultHandlers(socket)
  }

  io.on('access:check', (userId: unknown) => {
    if (typeof userId === 'string' && members.countOf(userId as UserId) > 0) void access.confirm().catch(() => {})
  })

  return {
    io,
    isReady: () => isStarted && !isDraining && access.isConfirmed(),
    async start() {
      // Without Postgres it starts all the same, unready, and admits nobody until access is confirmed.
      await access.confirm().catch((error: unknown) => logger.warn({ error }, 'access could not be confirmed yet'))
      access.start()
      await hub.start()
      sizes.start()
      upkeep.start()
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
      const closing = members.all().map(async (member) => {
        const reconnectInMs = Math.round(Math.random() * spread)
        member.socket.emit('server:draining', { reconnectInMs })
        await new Promise((resolve) => setTimeout(resolve, reconnectInMs))
        members.close(member, 'server_draining')
      })
      await Promise.all(closing)
    },
    async stop() {
      upkeep.stop()
      sizes.stop()
      access.stop()
      hub.stop()
      await io.close()
    },
  }
}
