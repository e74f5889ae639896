import { accessSync, constants } from 'node:fs'
import { hostname } from 'node:os'
import { z } from 'zod'
import { findProductionFaults, inProduction } from './production.ts'
import { parseRedisAddress } from './redis-address.ts'
import { isProxy, isTooWide } from './proxy-list.ts'
import { findPasswordWeakness, findSecretWeakness } from './weak-secret.ts'

/** All faults of a configuration at once. Neither names nor quotes a value: it may be a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  constructor(readonly faults: readonly string[]) {
    super(`The configuration is not valid:\n${faults.map((fault) => `  ${fault}`).join('\n')}`)
  }
}

/**
 * Parses the environment once, at the start. An empty variable counts as unset. In production, what is not safe is a fault too. [OPS3]
 * @throws ConfigError with every fault, one a line, as `NAME: what is wrong`.
 */
export function parseConfig<Schema extends z.ZodObject>(schema: Schema, env: NodeJS.ProcessEnv): z.infer<Schema> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''))
  const parsed = schema.safeParse(set)
  const unsafe = findProductionFaults(schema.shape, set)
  if (parsed.success && unsafe.length === 0) return believe(parsed.data)
  const faults = (parsed.error?.issues ?? []).map(({ path, code, message }) => {
    const name = String(path[0] ?? 'environment')
    return `${name}: ${code === 'invalid_type' && !(name in set) ? 'is required' : message}`
  })
  const allow = 'ALLOW_INSECURE: names the variables, comma between them, that may be so all the same'
  throw new ConfigError([...faults, ...unsafe, ...(unsafe.length > 0 ? [allow] : [])])
}

/** `DATABASE_CA_FILE` becomes a part of each url of Postgres: so every pool, also the one within the ORM, goes by it. */
function believe<Config extends Record<string, unknown>>(config: Config): Config {
  const { DATABASE_CA_FILE: file } = config
  if (typeof file !== 'string') return config
  const withCa = ([name, value]: [string, unknown]): [string, unknown] => {
    if (!name.endsWith('DATABASE_URL') || typeof value !== 'string') return [name, value]
    const url = new URL(value)
    if (!url.searchParams.has('sslrootcert')) url.searchParams.set('sslrootcert', file)
    return [name, url.href]
  }
  return Object.fromEntries(Object.entries(config).map(withCa)) as Config
}

export const PortNumber = z.coerce
  .number('is not a port')
  .int('is not a port')
  .min(0, 'is not a port')
  .max(65_535, 'is not a port')

/** `a,b` → `['a', 'b']`; at least one. */
export const CommaList = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  )
  .pipe(z.array(z.string()).min(1, 'names none'))

const isUrl = (text: string, protocols: readonly string[]) =>
  URL.canParse(text) && protocols.includes(new URL(text).protocol)

const passwordOf = (text: string) => decodeURIComponent(new URL(text).password)

/** With these the driver compares the server's certificate; `prefer`, `allow` and `no-verify` take any, and `uselibpqcompat` makes `require` do so. */
const VERIFIED_TLS = new Set(['verify-full', 'verify-ca', 'require'])

export const PostgresUrl = inProduction(
  z.string().refine((text) => isUrl(text, ['postgres:', 'postgresql:']), 'is not a postgres:// url'),
  (text) => {
    const { searchParams } = new URL(text)
    const hasTls = VERIFIED_TLS.has(searchParams.get('sslmode') ?? '') && !searchParams.has('uselibpqcompat')
    return hasTls ? findPasswordWeakness(passwordOf(text)) : 'goes without TLS: add ?sslmode=verify-full'
  },
)
export const RedisUrl = inProduction(
  z
    .string()
    .refine(
      (text) => parseRedisAddress(text) !== null,
      'is none of redis://host:6379, redis-sentinel://host,host?name=master, redis-cluster://host,host',
    ),
  (text) => {
    const { hasTls, kind, password, sentinelPassword } = parseRedisAddress(text)!
    if (!hasTls) return `goes without TLS: use rediss${kind === 'single' ? '' : `-${kind}`}://`
    const weakness = findPasswordWeakness(password ?? '')
    return weakness ?? (sentinelPassword === undefined ? null : findPasswordWeakness(sentinelPassword))
  },
)

/** A file that is there and can be read. */
const ReadableFile = z.string().refine((path) => {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}, 'is no file that can be read')

/** Exact origins, as a browser sends them: no path, no trailing slash, no wildcard. */
export const OriginList = inProduction(
  CommaList.refine(
    (origins) =>
      origins.every(
        (origin) =>
          isUrl(origin, ['http:', 'https:']) && new URL(origin).origin === origin && !/[*?]/.test(new URL(origin).host),
      ),
    'is not a list of exact origins such as https://app.example',
  ),
  requireHttps,
)

/** Where something is fetched that is then believed. */
export const UrlList = inProduction(
  CommaList.refine((urls) => urls.every((url) => isUrl(url, ['http:', 'https:'])), 'is not a list of http urls'),
  requireHttps,
)

function requireHttps(urls: readonly string[]): string | null {
  return urls.every((url) => url.startsWith('https:')) ? null : 'goes without TLS: use https://'
}

/** Whose `X-Forwarded-For` is believed. */
export const ProxyList = inProduction(
  CommaList.refine(
    (proxies) => proxies.every(isProxy),
    'is not a list of addresses, ranges, or loopback, linklocal, uniquelocal',
  ),
  (proxies) => (proxies.some(isTooWide) ? 'believes strangers: name the addresses of your own proxies' : null),
)

export const Secret = inProduction(z.string().min(32, 'needs 32 characters at least'), findSecretWeakness)

export const Milliseconds = z.coerce.number('is not a number of milliseconds').int().min(0)

/** The host's name as far as a name may hold it. Nothing is kept by it alone: two processes of one host are two all the same. [OPS31] */
export function nameOfHost(name = hostname()): string {
  const kept = name
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 63)
  return kept === '' ? 'local' : kept
}

const hostName = nameOfHost()

/** What every service reads. A service extends it: `BaseConfig.extend({…})`. */
export const BaseConfig = z.object({
  NODE_ENV: z.enum(['production', 'development', 'test']).default('production'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** The address to listen on, and so who can reach the service. */
  HOST: z.string().default('127.0.0.1'),
  PORT: PortNumber,
  /** Where probes and metrics are: nobody but the platform reaches it, whatever HOST says. */
  ADMIN_HOST: z.string().default('127.0.0.1'),
  ADMIN_PORT: PortNumber,
  /** The path below which a proxy shows the service, such as `/practice`. It is taken off where it is there. */
  BASE_PATH: z
    .string()
    .regex(/^(\/|(\/[a-zA-Z0-9][a-zA-Z0-9_-]*)+)$/, 'is not a path such as /practice')
    .transform((path) => (path === '/' ? '' : path))
    .default(''),
  /** Variables that production would refuse, named one by one, comma between them: what this says is on the operator. */
  ALLOW_INSECURE: z
    .string()
    .regex(/^[A-Z_]+( *, *[A-Z_]+)*$/, 'is not a list of variables')
    .default(''),
  REDIS_URL: RedisUrl,
  /** Whose certificates of Redis are believed, in place of the public ones. */
  REDIS_CA_FILE: ReadableFile.optional(),
  /** Our own certificate and its key, where Redis asks for one. */
  REDIS_CERT_FILE: ReadableFile.optional(),
  REDIS_KEY_FILE: ReadableFile.optional(),
  /** Whose certificates of Postgres are believed, in place of the public ones, for every url that names none itself. */
  DATABASE_CA_FILE: ReadableFile.optional(),
  /** What stands between us and Postgres: nothing, or a pooler that deals out connections by session or by transaction. */
  DATABASE_POOLING: z.enum(['none', 'session', 'transaction']).default('none'),
  /** Names this process in logs, to clients and in Redis, such as `api-1`. Without it, the host's name: on Kubernetes the pod's. */
  INSTANCE_NAME: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'is not a name such as api-1')
    .default(hostName),
  /** How far the clock may be ahead that dated a token. All processes go by Postgres' clock, so it bounds what a measurement may be wrong by. */
  TOKEN_LEEWAY_MS: Milliseconds.max(300_000).default(30_000),
  /** Where traces are sent, by OTLP over HTTP; without it there are none. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .string()
    .refine((text) => isUrl(text, ['http:', 'https:']), 'is not an http url')
    .optional(),
  /** The share of traces that are recorded. */
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number('is not a number').min(0).max(1).default(0.01),
  /** How long a drain may take before the process ends all the same. */
  SHUTDOWN_GRACE_MS: Milliseconds.default(25_000),
  /** `1`: the process ends when its parent does. */
  STACK_CHILD: z.enum(['0', '1']).default('0'),
})
export type BaseConfig = z.infer<typeof BaseConfig>
