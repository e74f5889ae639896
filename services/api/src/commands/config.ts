import { BaseConfig, PostgresUrl, inProduction, parseConfig } from '@derm/runtime'
import { z } from 'zod'

/** What every command reads of its environment. */
const CommandConfig = BaseConfig.pick({
  NODE_ENV: true,
  LOG_LEVEL: true,
  ALLOW_INSECURE: true,
  INSTANCE_NAME: true,
  DATABASE_CA_FILE: true,
}).extend({
  /** As derm_owner, whose tables they are. */
  OWNER_DATABASE_URL: PostgresUrl,
})

const ROLE_OF = {
  OWNER_DATABASE_URL: 'derm_owner',
  DATABASE_URL: 'derm_api',
  RELAY_DATABASE_URL: 'derm_relay',
  JOBS_DATABASE_URL: 'derm_jobs',
  ACCESS_DATABASE_URL: 'derm_realtime',
} as const
type RoleUrl = keyof typeof ROLE_OF

/** The roles' names and passwords are those of the urls that the services have, so that there is one place for each. */
const MigrateConfig = CommandConfig.extend({
  /** As a superuser, or a managed server's master with CREATEROLE. With it the roles are made, and given the passwords of the urls. */
  SUPERUSER_DATABASE_URL: PostgresUrl.optional(),
  DATABASE_URL: PostgresUrl.optional(),
  RELAY_DATABASE_URL: PostgresUrl.optional(),
  JOBS_DATABASE_URL: PostgresUrl.optional(),
  ACCESS_DATABASE_URL: PostgresUrl.optional(),
}).superRefine((config, context) => {
  if (config.SUPERUSER_DATABASE_URL === undefined) return
  for (const [name, role] of Object.entries(ROLE_OF)) {
    const url = config[name as RoleUrl]
    const fault = url === undefined ? 'is required with SUPERUSER_DATABASE_URL' : findRoleFault(url, role)
    if (fault !== null) context.addIssue({ code: 'custom', path: [name], message: fault })
  }
})
export type MigrateConfig = z.infer<typeof MigrateConfig>

function findRoleFault(url: string, role: string): string | null {
  const { username, password } = new URL(url)
  if (decodeURIComponent(username) !== role) return `is not a url of ${role}`
  return password === '' ? 'has no password' : null
}

export const readMigrateConfig = (env: NodeJS.ProcessEnv = process.env): MigrateConfig =>
  parseConfig(MigrateConfig, env)

/** The password of each role; null where the roles are made by somebody else. */
export function readRolePasswords(config: MigrateConfig) {
  if (config.SUPERUSER_DATABASE_URL === undefined) return null
  const of = (name: RoleUrl) => decodeURIComponent(new URL(config[name]!).password)
  return {
    owner: of('OWNER_DATABASE_URL'),
    api: of('DATABASE_URL'),
    relay: of('RELAY_DATABASE_URL'),
    jobs: of('JOBS_DATABASE_URL'),
    realtime: of('ACCESS_DATABASE_URL'),
  }
}

const SeedConfig = CommandConfig.extend({
  SEED_SIZE: inProduction(
    z.enum(['full', 'small']),
    () => 'is demo data, with accounts whose password everybody knows',
  ).default('full'),
})
export type SeedConfig = z.infer<typeof SeedConfig>

export const readSeedConfig = (env: NodeJS.ProcessEnv = process.env): SeedConfig => parseConfig(SeedConfig, env)
