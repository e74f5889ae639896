import type { IncomingMessage } from 'node:http'
import type { VerifiedToken } from '@derm/auth'
import { END_SOCKETS, LIST_SOCKETS, PROTOCOL_VERSION, REALTIME_PATH, type ErrorCode, type UserId } from '@derm/contract'
import { createAddressList, drainHttpServer, listen, readClientAddress, toAuditAddress } from '@derm/runtime'
import type { Server, Socket } from 'socket.io'
import { startKeyWatch } from './connection/key-watch.ts'
import { SocketAudit } from './access/socket-audit.ts'
import { guardAdmission } from './connection/admission.ts'
import { connectMember } from './connection/connect-member.ts'
import { Drain } from './connection/drain.ts'
import { endSockets } from './connection/end-sockets.ts'
import { addFaultHandlers } from './connection/fault-handlers.ts'
import { guardConnections } from './connection/guard-connection.ts'
import { guardHandlers } from './connection/guard-handlers.ts'
import { createHttpDoor, guardAnswers } from './connection/http-door.ts'
import { listSockets } from './connection/list-sockets.ts'
import { PendingPlaces } from './connection/pending-places.ts'
import { createSocketServer } from './connection/socket-server.ts'
import { Hearing, probeAdapter } from './hearing.ts'
import type { RealtimeNodeOptions } from './node-options.ts'
import { createNodeParts, type NodeParts } from './node-parts.ts'
import { startPeriodicJobs } from './periodic-jobs.ts'
import { answerRequests } from './subscription/requests.ts'

/** What a drain leaves of its grace for the end of everything else, in milliseconds. */
const LAST_STEPS_MS = 4_000
/** For so many milliseconds a socket that has connected waits at most for its entry in the audit log. */
const AUDIT_EVERY_MS = 1_000

export interface RealtimeNode {
  io: Server
  /** Resolves with the port that is listened on. */
  start(): Promise<number>
  isReady(): boolean
  /** Is not ready any more; after a pause asks every client to reconnect elsewhere, each at its own moment, and closes what is left. */
  drain(): Promise<void>
  stop(): Promise<void>
}

/** Puts a node together: a Socket.IO server, the hub that listens to the event log, and what watches over both. */
export function createRealtimeNode(options: RealtimeNodeOptions): RealtimeNode {
  const { config, logger, metrics, verifier, clock } = options
  const isTrusted = createAddressList(config.TRUSTED_PROXIES)
  const audit = new SocketAudit({
    pool: options.accessPool,
    nodeName: config.INSTANCE_NAME,
    logger,
    now: () => clock.now(),
  })
  const http = createHttpDoor(REALTIME_PATH, config.BASE_PATH)
  let isStarted = false
  const drain = new Drain()
  let stopJobs = () => {}

  const pending: PendingPlaces = new PendingPlaces(
    {
      total: config.MAX_PENDING,
      perNetwork: config.MAX_PENDING_PER_NETWORK,
      waiting: config.MAX_PENDING * 2,
      connections: config.MAX_CONNECTIONS,
    },
    () => members.size,
  )
  const io: Server = createSocketServer({
    ...options,
    http,
    pending,
    // Whom it has sent away it takes back only where there is no other: then they come without asking to avoid it.
    refuses: (avoided) =>
      drain.phase === 'refusing' ||
      (avoided === config.INSTANCE_NAME && (drain.phase === 'leaving' || parts.shedding.isOverfull)),
  })
  guardAnswers(http, config.BASE_PATH)
  const parts: NodeParts = createNodeParts(options, io, () => isStarted && drain.phase === 'open')
  const { members, meters, access, sessions, hub, sizes, loads, shedding, userPlaces } = parts
  const hearing = new Hearing({
    sources: {
      event_log: () => options.eventLog.isListening(),
      adapter: probeAdapter(options.adapterSub),
      heads: () => hub.hasAnswered(),
    },
    metrics,
    logger,
  })

  const protocol = config.NODE_ENV === 'test' ? config.FAULT_PROTOCOL_VERSION : PROTOCOL_VERSION
  metrics.connectionsLimit.set(config.MAX_CONNECTIONS)
  const addressOf = (request: IncomingMessage) =>
    toAuditAddress(readClientAddress(request, isTrusted), config.AUDIT_ADDRESSES)
  guardAdmission(io, {
    ...{ verifier, access, sessions, metrics, logger, pending, userPlaces, protocol },
    onRefused: (token, code, request) => audit.noteRefused(token, code, addressOf(request)),
  })
  guardPackets(io, options, parts)
  io.on('connection', (socket) => {
    meters.get(socket.conn)?.admit()
    serveSocket(socket, options, parts, { audit, addressOf, isRefusing: () => drain.phase === 'refusing' })
  })
  io.on(END_SOCKETS, (message: unknown) => endSockets(members, metrics, message))
  io.on(LIST_SOCKETS, (message: unknown, reply: unknown) => {
    const answer = typeof reply === 'function' ? listSockets(members, config.INSTANCE_NAME, message) : null
    if (answer) (reply as (answer: unknown) => void)(answer)
  })
  io.on('access:check', (userId: unknown) => {
    if (typeof userId === 'string' && members.countOf(userId as UserId) > 0) void access.confirm().catch(() => {})
  })

  return {
    io,
    isReady: () => isStarted && drain.phase === 'open' && access.isConfirmed() && hearing.isHearing(),
    async start() {
      // Without Postgres it starts all the same, unready, and admits nobody until access is confirmed.
      await access.confirm().catch((error: unknown) => logger.warn({ error }, 'access could not be confirmed yet'))
      access.start()
      await hub.start()
      sizes.start()
      hearing.start()
      const stopTimers = startPeriodicJobs({ ...parts, pending, metrics, clock, headsEveryMs: config.HEADS_EVERY_MS })
      const stopKeyWatch = startKeyWatch({ keys: options.keys, members, logger, everyMs: config.KEYS_EVERY_MS })
      const auditTimer = setInterval(() => void audit.flush(), AUDIT_EVERY_MS)
      stopJobs = () => {
        clearInterval(auditTimer)
        stopTimers()
        stopKeyWatch()
      }
      const port = await listen(http, config.PORT, config.HOST)
      isStarted = true
      loads.start()
      shedding.start()
      return port
    },
    async drain() {
      shedding.stop()
      const { DRAIN_DELAY_MS: pauseMs, DRAIN_RATE: perSecond, INSTANCE_NAME: node, SHUTDOWN_GRACE_MS } = config
      const withinMs = Math.max(1_000, SHUTDOWN_GRACE_MS - pauseMs - LAST_STEPS_MS)
      const hasDrained = drain.run(members, { pauseMs, perSecond, node, withinMs })
      loads.tell()
      await hasDrained
    },
    async stop() {
      stopJobs()
      sizes.stop()
      loads.stop()
      shedding.stop()
      hearing.stop()
      access.stop()
      hub.stop()
      pending.stop()
      // Connections that were never admitted, or never asked for anything, do not end by themselves.
      await Promise.all([drainHttpServer(http), io.close()])
      await audit.flush()
    },
  }
}

function guardPackets(io: Server, { config, metrics }: RealtimeNodeOptions, { members, meters }: NodeParts): void {
  const limits = {
    frames: { burst: config.PACKET_BURST, rate: config.PACKET_RATE },
    bytes: { burst: config.BYTE_BURST, rate: config.BYTE_RATE },
    bufferedBytes: config.MAX_BUFFERED_BYTES,
  }
  guardConnections(io, meters, limits, {
    onRefused(conn, code) {
      metrics.packetsRefused.inc({ code })
      const member = members.onConnection(conn)
      if (member) members.close(member, code)
      else conn.close()
    },
    onSlow(conn) {
      const member = members.onConnection(conn)
      if (member) members.endSlow(member)
      else metrics.slowConsumers.inc()
    },
    onUnreadable: () => metrics.packetsRefused.inc({ code: 'packet_malformed' }),
  })
}

type Served = {
  audit: SocketAudit
  addressOf: (request: IncomingMessage) => string | null
  isRefusing: () => boolean
}

function serveSocket(
  socket: Socket,
  { config, metrics, logger }: RealtimeNodeOptions,
  { members, access, requests, lagNotice }: NodeParts,
  { audit, addressOf, isRefusing }: Served,
): void {
  guardHandlers(socket, (error) => {
    metrics.handlerErrors.inc()
    logger.error({ error }, 'a handler threw')
  })
  const maxBufferedBytes = config.MAX_BUFFERED_BYTES
  // Before the request is let go of.
  const address = addressOf(socket.request)
  const { token } = socket.data as { token: VerifiedToken }
  const onRefused = (code: ErrorCode) => audit.noteRefused(token, code, address)
  const member = connectMember({ access, members, metrics, maxBufferedBytes, isRefusing, onRefused }, socket)
  if (!member) return
  audit.note(member.sessionId, address)
  lagNotice.tell([member])
  answerRequests(requests, member)
  if (config.NODE_ENV === 'test' && config.FAULT_THROWING_HANDLERS === '1') addFaultHandlers(socket)
}
