import type { JwksSource, TokenVerifier } from '@derm/auth'
import type { Clock, EventLogReader, Logger, Signer } from '@derm/core'
import type { RedisClient } from '@derm/core/redis'
import type { Tracing } from '@derm/runtime'
import type pg from 'pg'
import type { RealtimeConfig } from './config.ts'
import type { RealtimeMetrics } from './metrics/realtime-metrics.ts'

export type RealtimeNodeOptions = {
  config: RealtimeConfig
  logger: Logger
  /** The time that all processes go by. [OPS29] */
  clock: Clock
  metrics: RealtimeMetrics
  /** `null`: no traces. */
  tracing: Tracing | null
  verifier: TokenVerifier
  keys: Pick<JwksSource, 'load' | 'has'>
  accessPool: Pick<pg.Pool, 'query' | 'connect'>
  eventLog: EventLogReader
  /** Tells events that a relay signed from what others wrote. */
  eventSigner: Pick<Signer, 'verify'>
  /** Signs and verifies what crosses the Socket.IO adapter. */
  adapterSigner: Signer
  adapterPub: RedisClient
  adapterSub: RedisClient
}
