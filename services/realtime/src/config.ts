import { PROTOCOL_VERSION } from '@derm/contract'
import {
  BaseConfig,
  Milliseconds,
  OriginList,
  PostgresUrl,
  ProxyList,
  SecretListText,
  UrlList,
  parseConfig,
} from '@derm/runtime'

import { z } from 'zod'

const Count = z.coerce.number('is not a number').int().min(1)

/** Everything that a realtime node reads from its environment. */
const RealtimeConfig = z.object({
  /** As derm_realtime: sees user_access and whose session is live, and nothing else. */
  ACCESS_DATABASE_URL: PostgresUrl,
  /** Exact origins from which browsers may connect. */
  PUBLIC_ORIGINS: OriginList,
  /** Where the API's public keys are, one or more urls. */
  JWKS_URLS: UrlList,
  JWT_ISSUER: z.string().min(1),
  JWT_AUDIENCE: z.string().min(1),
  EVENT_SIGNING_SECRET: SecretListText,
  /** Whose `X-Forwarded-For` is believed: addresses, ranges, or `loopback`, `linklocal`, `uniquelocal`. */
  TRUSTED_PROXIES: ProxyList.default(['loopback']),
  /** What the audit log keeps of where a socket came from, as of a request. */
  AUDIT_ADDRESSES: z.enum(['full', 'network', 'none']).default('full'),
  /** Sockets of one node, admitted or not. */
  MAX_CONNECTIONS: Count.default(20_000),
  MAX_CONNECTIONS_PER_USER: Count.default(30),
  /** Sockets without an admission yet, per node and per network (an IPv4 address, or an IPv6 /64; its /24 or /48 has twice as many). */
  MAX_PENDING: Count.default(1_024),
  MAX_PENDING_PER_NETWORK: Count.default(256),
  MAX_CHANNELS_PER_SOCKET: Count.default(500),
  /** A `subscribe` with 2,500 cursors fits: about 150 bytes each. */
  MAX_PACKET_BYTES: Count.default(393_216),
  MAX_BUFFERED_BYTES: Count.default(1_048_576),
  /** Packets that a socket may send at once, and per second in the long run. */
  PACKET_BURST: Count.default(60),
  PACKET_RATE: Count.default(20),
  /** Bytes that a socket may send at once, and per second in the long run. */
  BYTE_BURST: Count.default(1_048_576),
  BYTE_RATE: Count.default(131_072),
  /** Bytes of answers to a user's subscriptions, and as many that are read for them, over all sockets: at once, and per second in the long run. */
  RECOVERY_BURST_BYTES: Count.default(8_388_608),
  RECOVERY_RATE_BYTES: Count.default(262_144),
  /** How long a node that ends goes on taking clients after it has said that it is not ready: until its front door has heard. */
  DRAIN_DELAY_MS: Milliseconds.default(1_000),
  /** Clients a second that a node sends to others, when it ends or has too many. */
  DRAIN_RATE: Count.max(10_000).default(50),
  /** Percent of its connections that a node with more than the others sends away in a second; 0: none. */
  SHED_PERCENT: z.coerce.number('is not a number').min(0).max(10).default(1),
  /** How long the same nodes must have been there before one sends clients to the others. */
  SHED_AFTER_MS: Milliseconds.default(20_000),
  ACCESS_CHECK_MS: Milliseconds.default(1000),
  ACCESS_MAX_AGE_MS: Milliseconds.default(5000),
  /** How often the API's key set is read again, so that a withdrawn key ends its sockets: 20 s at most. */
  KEYS_EVERY_MS: Milliseconds.min(100).max(20_000).default(10_000),
  HEADS_EVERY_MS: Milliseconds.default(15_000),
  /** Only with NODE_ENV=test: every subscription is answered with `resync`, to show that the fault suite would notice. */
  FAULT_ANSWER_RESYNC: z.enum(['0', '1']).default('0'),
  /** Only with NODE_ENV=test: the protocol's version that the node takes itself to be of. */
  FAULT_PROTOCOL_VERSION: Count.default(PROTOCOL_VERSION),
  /** Only with NODE_ENV=test: `fault:throw` and `fault:reject` have handlers that do so. */
  FAULT_THROWING_HANDLERS: z.enum(['0', '1']).default('0'),
})

export type RealtimeConfig = z.infer<typeof RealtimeConfig> & z.infer<typeof BaseConfig>

export function readConfig(env: NodeJS.ProcessEnv): RealtimeConfig {
  return parseConfig(BaseConfig.extend(RealtimeConfig.shape), env)
}
