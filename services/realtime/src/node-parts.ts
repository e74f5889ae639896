import { randomUUID } from 'node:crypto'
import { encodePacket, spliceSpread } from '@derm/core'
import { ChannelHub } from '@derm/core/node'
import type { Server } from 'socket.io'
import { NodeLoads } from './balance/node-loads.ts'
import { Shedding } from './balance/shedding.ts'
import { AccessWatch } from './access/access-watch.ts'
import { SessionCheck } from './access/session-check.ts'
import type { Member } from './connection/member.ts'
import { Members } from './connection/members.ts'
import { UserPlaces } from './connection/user-places.ts'
import type { Conn } from './connection/connection-meter.ts'
import type { Meters } from './connection/guard-connection.ts'
import { FanOut } from './delivery/fan-out.ts'
import { HeadsNotice } from './delivery/heads-notice.ts'
import { LagNotice } from './delivery/lag-notice.ts'
import { traceDelivery } from './delivery/trace-delivery.ts'
import { RoomSizes } from './delivery/room-sizes.ts'
import { observeHub } from './metrics/hub-observer.ts'
import type { RealtimeNodeOptions } from './node-options.ts'
import { changeAccess } from './subscription/access-change.ts'
import { UserBudgets } from './subscription/user-budgets.ts'
import type { RequestContext } from './subscription/requests.ts'

const SUBSCRIBE_TIMEOUT_MS = 10_000

/** The parts of one node. Members, access and the hub refer to each other, so they are made together. */
export type NodeParts = {
  members: Members
  meters: Meters
  userPlaces: UserPlaces<Conn>
  access: AccessWatch
  sessions: SessionCheck
  hub: ChannelHub<Member>
  sizes: RoomSizes
  loads: NodeLoads
  shedding: Shedding
  fanOut: FanOut
  lagNotice: LagNotice
  headsNotice: HeadsNotice
  requests: RequestContext
}

/** `isOpen`: the node takes connections. */
export function createNodeParts(options: RealtimeNodeOptions, io: Server, isOpen: () => boolean): NodeParts {
  const { config, logger, metrics, verifier, accessPool, clock, tracing } = options
  /** To the other nodes. A name is what an operator gives, and two processes may have been given the same one. [OPS31] */
  const nodeId = randomUUID()
  const fanOut = new FanOut()
  const meters: Meters = new WeakMap()
  const userPlaces = new UserPlaces<Conn>({
    limit: config.MAX_CONNECTIONS_PER_USER,
    idleMs(conn) {
      const member = members.onConnection(conn)
      if (!member) return null
      // Whoever follows nothing has the least to lose.
      return performance.now() - member.askedAt + (member.channels.size === 0 ? 1e12 : 0)
    },
    makeRoom(conn) {
      const member = members.onConnection(conn)
      if (member) members.close(member, 'too_many_connections')
    },
  })
  const members: Members = new Members({
    metrics,
    leave: (channel, member) => hub.leave(channel, member),
    onForgotten: ({ socket }) => userPlaces.release(socket.conn),
    onUserGone: (userId) => access.forget(userId),
  })
  const access: AccessWatch = new AccessWatch({
    pool: accessPool,
    logger,
    everyMs: config.ACCESS_CHECK_MS,
    maxAgeMs: config.ACCESS_MAX_AGE_MS,
    connected: () => members.users(),
    onChange: (userId, row) =>
      changeAccess({ members, hub, metrics, maxChannels: config.MAX_CHANNELS_PER_SOCKET }, userId, row),
    onConfirmedAgain: () => void hub.verify('break').catch(() => {}),
  })
  const sessions = new SessionCheck(accessPool)
  const sizes = new RoomSizes(
    io,
    nodeId,
    (channel) => hub.membersOf(channel).size,
    () => hub.names(),
  )
  const hub: ChannelHub<Member> = new ChannelHub<Member>({
    eventLog: options.eventLog,
    verify: options.eventSigner.verify,
    clock,
    logger,
    isConfirmed: () => access.isConfirmed(),
    confirm: () => access.confirm(),
    deliver: (channel, to, frame) => {
      if (tracing) traceDelivery({ tracing, logger }, channel, to.size, frame)
      const spreadMs = sizes.spreadMs(channel, to.size)
      fanOut.push(channel, to, spreadMs > 0 ? spliceSpread(frame, spreadMs) : frame)
    },
    resync: (channel, to, position) => fanOut.push(channel, to, encodePacket('resync', { channel, ...position })),
    observer: observeHub(metrics, () => clock.now()),
  })
  const loads = new NodeLoads(io, nodeId, () => ({ connections: members.size, isOpen: isOpen() }))
  const shedding = new Shedding({
    ...{ members, loads, metrics, logger, isOpen },
    node: config.INSTANCE_NAME,
    percent: config.SHED_PERCENT,
    maxPerSecond: config.DRAIN_RATE,
    settleMs: config.SHED_AFTER_MS,
  })
  const lagNotice = new LagNotice(hub, metrics)
  const requests: RequestContext = {
    ...{ hub, fanOut, lagNotice, access, sessions, verifier, metrics, logger },
    nodeName: config.INSTANCE_NAME,
    maxChannels: config.MAX_CHANNELS_PER_SOCKET,
    budgets: new UserBudgets({ burst: config.RECOVERY_BURST_BYTES, rate: config.RECOVERY_RATE_BYTES }),
    timeoutMs: SUBSCRIBE_TIMEOUT_MS,
    maxAnswerBytes: config.MAX_BUFFERED_BYTES / 2,
    roomFor: ({ socket }) => meters.get(socket.conn)?.room ?? 0,
    onTooLarge: () => metrics.resyncs.inc({ reason: 'answer_size' }),
    isAnsweringResync: config.NODE_ENV === 'test' && config.FAULT_ANSWER_RESYNC === '1',
  }
  const headsNotice = new HeadsNotice(hub, fanOut, access)
  return {
    members,
    meters,
    userPlaces,
    access,
    sessions,
    hub,
    sizes,
    loads,
    shedding,
    fanOut,
    lagNotice,
    headsNotice,
    requests,
  }
}
