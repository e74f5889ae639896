import { z } from 'zod'
import {
  BaseConfig,
  Milliseconds,
  OriginList,
  PostgresUrl,
  ProxyList,
  RedisUrl,
  SecretListText,
  parseConfig,
} from '@derm/runtime'

/** Everything that the API reads of its environment. */
const ApiConfig = BaseConfig.extend({
  /** As derm_api. */
  DATABASE_URL: PostgresUrl,
  /** As derm_relay. */
  RELAY_DATABASE_URL: PostgresUrl,
  /** Redis as derm_relay, which writes the event log; without it, as REDIS_URL. */
  RELAY_REDIS_URL: RedisUrl.optional(),
  /** As derm_jobs. */
  JOBS_DATABASE_URL: PostgresUrl,
  /** How often due rows are looked for; 0: as each job says. */
  JOBS_EVERY_MS: Milliseconds.default(0),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(200).default(16),
  PUBLIC_ORIGINS: OriginList,
  SIGNING_KEYS_FILE: z.string(),
  JWT_ISSUER: z.string(),
  JWT_AUDIENCE: z.string(),
  /** Signs what is stored in Redis, and what crosses it between servers: one, or `new,old`. */
  EVENT_SIGNING_SECRET: SecretListText,
  /** The root of the refresh tokens' chains: one, or `new,old`. Nothing else is made with it. */
  REFRESH_TOKEN_SECRET: SecretListText,
  /** How long a pod that ends goes on taking requests after it has said that it is not ready: until its front door has heard. */
  DRAIN_DELAY_MS: Milliseconds.default(1_000),
  /** Whose `X-Forwarded-For` is believed: addresses, ranges, or `loopback`, `linklocal`, `uniquelocal`. */
  TRUSTED_PROXIES: ProxyList.default(['loopback']),
  /** What a user and a tenant may ask of this pod, in units of cost a second: a read of one row is one. */
  USER_BUDGET: z.coerce.number().min(5).default(300),
  TENANT_BUDGET: z.coerce.number().min(5).default(1_200),
  /** A user who is shown so many patients within an hour, or four times as many in a day, is noted in the audit log. */
  BULK_READ_PATIENTS: z.coerce.number().int().min(1).default(200),
  /** What the audit log keeps of addresses, which are personal data: all of them, their /24 or /48, or nothing. */
  AUDIT_ADDRESSES: z.enum(['full', 'network', 'none']).default('full'),
  /** Only with NODE_ENV=test: how long the relay waits between publishing and marking, so that a test can kill it there. */
  FAULT_RELAY_PAUSE_AFTER_PUBLISH: Milliseconds.default(0),
  /** Only with NODE_ENV=test: how long a job waits between its effect and its commit, so that a test can kill it there. */
  FAULT_JOB_PAUSE_BEFORE_COMMIT: Milliseconds.default(0),
})
  .refine(
    ({ NODE_ENV, FAULT_RELAY_PAUSE_AFTER_PUBLISH }) => NODE_ENV === 'test' || FAULT_RELAY_PAUSE_AFTER_PUBLISH === 0,
    {
      path: ['FAULT_RELAY_PAUSE_AFTER_PUBLISH'],
      error: 'is only for NODE_ENV=test',
    },
  )
  .refine(({ NODE_ENV, FAULT_JOB_PAUSE_BEFORE_COMMIT }) => NODE_ENV === 'test' || FAULT_JOB_PAUSE_BEFORE_COMMIT === 0, {
    path: ['FAULT_JOB_PAUSE_BEFORE_COMMIT'],
    error: 'is only for NODE_ENV=test',
  })
  .refine(
    ({ EVENT_SIGNING_SECRET, REFRESH_TOKEN_SECRET }) =>
      !REFRESH_TOKEN_SECRET.some((one) => EVENT_SIGNING_SECRET.some(({ id }) => id === one.id)),
    {
      path: ['REFRESH_TOKEN_SECRET'],
      error: 'is EVENT_SIGNING_SECRET too: each use has a secret of its own',
    },
  )
export type ApiConfig = z.infer<typeof ApiConfig>

export const readConfig = (env: NodeJS.ProcessEnv = process.env): ApiConfig => parseConfig(ApiConfig, env)
