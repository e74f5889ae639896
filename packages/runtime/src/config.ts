import { z } from 'zod'
import { findProductionFaults, inProduction } from './production.ts'
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
  if (parsed.success && unsafe.length === 0) return parsed.data
  const faults = (parsed.error?.issues ?? []).map(({ path, code, message }) => {
    const name = String(path[0] ?? 'environment')
    return `${name}: ${code === 'invalid_type' && !(name in set) ? 'is required' : message}`
  })
  const allow = 'ALLOW_INSECURE: names the variables, comma between them, that may be so all the same'
  throw new ConfigError([...faults, ...unsafe, ...(unsafe.length > 0 ? [allow] : [])])
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
  z.string().refine((text) => isUrl(text, ['redis:', 'rediss:']), 'is not a redis:// url'),
  (text) =>
    new URL(text).protocol === 'rediss:' ? findPasswordWeakness(passwordOf(text)) : 'goes without TLS: use rediss://',
)

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
  /** Names this process in logs and in Redis, such as `api-1`. */
  INSTANCE_NAME: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'is not a name such as api-1')
    .default('local'),
  /** How long a drain may take before the process ends all the same. */
  SHUTDOWN_GRACE_MS: Milliseconds.default(25_000),
  /** `1`: the process ends when its parent does. */
  STACK_CHILD: z.enum(['0', '1']).default('0'),
})
export type BaseConfig = z.infer<typeof BaseConfig>
