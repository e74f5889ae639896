import { existsSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { ROOT, readRedisUsers } from '@derm/local-servers'
import { readSecrets } from '@derm/local-stack'
import { readVersion } from './bundle.ts'

export const COMPOSE = join(ROOT, 'infra/compose')

/**
 * Writes what compose needs and no repository holds, once: `infra/compose/.env` and `infra/compose/secrets`. Both are for their owner alone;
 * the two files that a container mounts can be read by the users that run in it.
 */
export async function writeComposeSettings(folder = COMPOSE): Promise<void> {
  const file = join(folder, '.env')
  if (existsSync(file)) return
  const secrets = join(folder, 'secrets')
  await mkdir(secrets, { recursive: true, mode: 0o700 })
  const { passwords, eventSigningSecret, refreshTokenSecret, signingKeysFile } = await readSecrets(secrets)
  const users = await readRedisUsers(secrets)
  await chmod(signingKeysFile, 0o644)
  await chmod(users.aclFile, 0o644)
  const superuser = randomBytes(24).toString('base64url')
  const postgres = (user: string, password: string) => `postgresql://${user}:${password}@postgres:5432/dermlive`
  const redis = 'redis://redis:6379'
  const settings = {
    COMPOSE_PROJECT_NAME: 'dermlive',
    DERM_VERSION: await readVersion(),
    DERM_PORT: '8080',
    DERM_ORIGINS: 'http://localhost:8080',
    DERM_SUBNET: '172.31.240.0/24',
    POSTGRES_PASSWORD: superuser,
    SUPERUSER_DATABASE_URL: postgres('postgres', superuser),
    OWNER_DATABASE_URL: postgres('derm_owner', passwords.owner),
    DATABASE_URL: postgres('derm_api', passwords.api),
    RELAY_DATABASE_URL: postgres('derm_relay', passwords.relay),
    JOBS_DATABASE_URL: postgres('derm_jobs', passwords.jobs),
    ACCESS_DATABASE_URL: postgres('derm_realtime', passwords.realtime),
    API_REDIS_URL: users.urlOf('derm_api', redis),
    RELAY_REDIS_URL: users.urlOf('derm_relay', redis),
    NODE_REDIS_URL: users.urlOf('derm_node', redis),
    EVENT_SIGNING_SECRET: eventSigningSecret,
    REFRESH_TOKEN_SECRET: refreshTokenSecret,
    GRAFANA_PASSWORD: randomBytes(12).toString('base64url'),
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
  await writeFile(file, lines.join(''), { mode: 0o600 })
}
