import { z } from 'zod'

/** All faults of a configuration at once. Neither names nor quotes a value: it may be a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  constructor(readonly faults: readonly string[]) {
    super(`The configuration is not valid:\n${faults.map((fault) => `  ${fault}`).join('\n')}`)
  }
}

/**
 * Parses the environment once, at the start. An empty variable counts as unset.
 * @throws ConfigError with every fault, one a line, as `NAME: what is wrong`.
 */
export function parseConfig<Schema extends z.ZodObject>(schema: Schema, env: NodeJS.ProcessEnv): z.infer<Schema> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''))
  const parsed = schema.safeParse(set)
  if (parsed.success) return parsed.data
  throw new ConfigError(
    parsed.error.issues.map(({ path, code, message }) => {
      const name = String(path[0] ?? 'environment')
      return `${name}: ${code === 'invalid_type' && !(name in set) ? 'is required' : message}`
    }),
  )
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

export const PostgresUrl = z
  .string()
  .refine((text) => isUrl(text, ['postgres:', 'postgresql:']), 'is not a postgres:// url')
export const RedisUrl = z.string().refine((text) => isUrl(text, ['redis:', 'rediss:']), 'is not a redis:// url')

/** Exact origins, as a browser sends them: no path, no trailing slash, no wildcard. */
export const OriginList = CommaList.refine(
  (origins) => origins.every((origin) => isUrl(origin, ['http:', 'https:']) && new URL(origin).origin === origin),
  'is not a list of exact origins such as https://app.example',
)

export const Secret = z.string().min(32, 'needs 32 characters at least')

export const Milliseconds = z.coerce.number('is not a number of milliseconds').int().min(0)

/** What every service reads. A service extends it: `BaseConfig.extend({…})`. */
export const BaseConfig = z.object({
  NODE_ENV: z.enum(['production', 'development', 'test']).default('production'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** The address to listen on, and so who can reach the service. */
  HOST: z.string().default('127.0.0.1'),
  PORT: PortNumber,
  ADMIN_PORT: PortNumber,
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
