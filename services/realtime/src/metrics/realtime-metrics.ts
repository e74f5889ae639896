import type { ErrorCode } from '@derm/contract'
import { EVERY_SHARD, FAILURE_REASONS } from '@derm/core'
import type { ResyncReason } from '@derm/core/node'
import { createMetrics } from '@derm/runtime'

/** A series that begins with its first event has no rate: what may happen is there as 0 from the start. */
const KNOWN = {
  how: ['sequence', 'head', 'break'],
  outcome: ['live', 'recovered', 'resync'],
  reason: [
    ...(['unknown_head', 'epoch', 'trimmed', 'limit', 'timeout', 'tombstone'] satisfies ResyncReason[]),
    'subscribe',
    'answer_size',
  ],
  packet: ['packet_too_large', 'packet_malformed', 'rate_limited'] satisfies ErrorCode[],
  handshake: [
    'origin_forbidden',
    'unauthenticated',
    'token_invalid',
    'token_expired',
    'session_ended',
    'access_revoked',
    'access_unconfirmed',
    'too_many_connections',
    'protocol_unsupported',
    'server_draining',
  ] satisfies ErrorCode[],
  closed: [
    'token_expired',
    'access_revoked',
    'session_ended',
    'rate_limited',
    'packet_malformed',
    'packet_too_large',
    'too_many_connections',
    'slow_consumer',
    'server_draining',
  ] satisfies ErrorCode[],
  kind: ['access_revoked', 'session_ended', 'grants', 'by_message'],
  where: ['event_log', 'adapter'],
  hears: ['event_log', 'adapter', 'heads'],
}

/** What a node counts. No label holds anything of a person's or a tenant's. */
export function createRealtimeMetrics() {
  const metrics = createMetrics()
  const { counter, gauge, histogram } = metrics
  const created = {
    metrics,
    connections: gauge({ name: 'connections', help: 'Sockets connected to this node' }),
    meanConnections: gauge({
      name: 'connections_mean',
      help: 'Mean of the connections over the nodes that this one knows of, itself included',
    }),
    connectionsShed: counter({
      name: 'connections_shed_total',
      help: 'Clients sent to other nodes because this one had more than those',
    }),
    pendingConnections: gauge({
      name: 'pending_connections',
      help: 'Connections that were upgraded and are not admitted yet',
    }),
    subscriptions: gauge({ name: 'subscriptions', help: 'Subscriptions of this node’s sockets to channels' }),
    channels: gauge({ name: 'channels', help: 'Channels that this node listens to' }),
    deliveries: counter({ name: 'deliveries_total', help: 'Events handed to sockets' }),
    commitToDelivery: histogram({
      name: 'commit_to_delivery_seconds',
      help: 'From an event’s flush to its writing to this node’s sockets',
    }),
    gapsFound: counter({
      name: 'gaps_found_total',
      help: 'Gaps in a channel’s feed, by how they were found',
      labels: ['how'],
    }),
    gapsRepaired: counter({ name: 'gaps_repaired_total', help: 'Gaps that history filled' }),
    repairedEvents: counter({
      name: 'repaired_events_total',
      help: 'Events that came from history because the feed lacked them',
    }),
    recoveries: counter({
      name: 'recoveries_total',
      help: 'Answered subscriptions to a channel, by outcome',
      labels: ['outcome'],
    }),
    recoverySize: histogram({
      name: 'recovery_events',
      help: 'Events in one recovery',
      buckets: [0, 1, 5, 10, 50, 100, 500, 1000],
    }),
    resyncs: counter({
      name: 'resyncs_total',
      help: 'Sockets told to resync a channel, by reason',
      labels: ['reason'],
    }),
    slowConsumers: counter({ name: 'slow_consumers_ended_total', help: 'Sockets ended because they read too slowly' }),
    handshakesRefused: counter({
      name: 'handshakes_refused_total',
      help: 'Connections refused, by code',
      labels: ['code'],
    }),
    packetsRefused: counter({ name: 'packets_refused_total', help: 'Packets refused, by code', labels: ['code'] }),
    socketsClosed: counter({
      name: 'sockets_closed_total',
      help: 'Sockets that the server closed, by code',
      labels: ['code'],
    }),
    revocations: counter({
      name: 'revocations_total',
      help: 'Access changes carried out on live sockets',
      labels: ['kind'],
    }),
    revocationSeconds: histogram({
      name: 'revocation_seconds',
      help: 'From noticing an access change to the last socket',
    }),
    lagging: gauge({
      name: 'lagging',
      help: '1 while this node cannot say that it has all events: cut off from Redis, or from the access table',
    }),
    lateChannels: gauge({
      name: 'late_channels',
      help: 'Channels of which this node cannot say that it has all events; their clients are told',
    }),
    lateSeconds: counter({
      name: 'feed_late_seconds_total',
      help: 'Seconds in which this node could not say that it had all events of a channel, by the channel’s shard',
      labels: ['shard'],
    }),
    laggingSeconds: counter({
      name: 'lagging_seconds_total',
      help: 'Seconds in which this node as a whole could not say that it had all events',
    }),
    toldLate: counter({
      name: 'clients_told_late_total',
      help: 'How often a client was told that what it sees may be old',
    }),
    accessAge: gauge({
      name: 'access_confirmation_age_seconds',
      help: 'Age of the last confirmation of access versions',
    }),
    hears: gauge({
      name: 'redis_listening',
      help: '1 while this node hears what it lives on: the event log’s messages, the other nodes, the event log’s answers',
      labels: ['where'],
    }),
    deafSeconds: counter({
      name: 'redis_deaf_seconds_total',
      help: 'Seconds for which it did not',
      labels: ['where'],
    }),
    redisFailures: counter({
      name: 'redis_failures_total',
      help: 'Connections to Redis that failed, by reason',
      labels: ['reason'],
    }),
    connectionsLimit: gauge({ name: 'connections_limit', help: 'Sockets that this node takes' }),
    handlerErrors: counter({ name: 'handler_errors_total', help: 'Handlers that threw' }),
    foreignMessages: counter({
      name: 'foreign_messages_total',
      help: 'Messages in Redis that were not ours',
      labels: ['where'],
    }),
  }
  for (const how of KNOWN.how) created.gapsFound.inc({ how }, 0)
  for (const outcome of KNOWN.outcome) created.recoveries.inc({ outcome }, 0)
  for (const reason of KNOWN.reason) created.resyncs.inc({ reason }, 0)
  for (const code of KNOWN.packet) created.packetsRefused.inc({ code }, 0)
  for (const code of KNOWN.handshake) created.handshakesRefused.inc({ code }, 0)
  for (const code of KNOWN.closed) created.socketsClosed.inc({ code }, 0)
  for (const kind of KNOWN.kind) created.revocations.inc({ kind }, 0)
  for (const where of KNOWN.hears) created.deafSeconds.inc({ where }, 0)
  for (const reason of FAILURE_REASONS) created.redisFailures.inc({ reason }, 0)
  for (const shard of EVERY_SHARD) created.lateSeconds.inc({ shard }, 0)
  for (const where of KNOWN.where) created.foreignMessages.inc({ where }, 0)
  return created
}
export type RealtimeMetrics = ReturnType<typeof createRealtimeMetrics>
