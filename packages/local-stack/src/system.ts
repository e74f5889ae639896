import { createRoles, migrate, seed } from '@derm/database'
import { findFreePort, type Postgres, type RedisUser, type RedisUsers } from '@derm/local-servers'
import { ServiceProcess, type ServiceSpec } from './service-process.ts'
import type { Secrets } from './secrets.ts'

export type SystemOptions = {
  apis: number
  nodes: number
  origins: string[]
  /** Of Redis, as each role. */
  redisUrls: RedisUrls
  databases: Databases
  secrets: Secrets
  env: Record<string, string>
  restarts: boolean
  print: (line: string) => void
  onChange?: () => void
}
/** The same for all where the server has no users for our roles. */
export type RedisUrls = { node: string; api: string; relay: string }

export function redisUrlsOf(url: string, users: RedisUsers | null): RedisUrls {
  const as = (user: RedisUser) => users?.urlOf(user, url) ?? url
  return { node: as('derm_node'), api: as('derm_api'), relay: as('derm_relay') }
}

export type Databases = { ownerUrl: string; apiUrl: string; relayUrl: string; realtimeUrl: string; jobsUrl: string }

/** What production would refuse: nothing of it leaves the machine. */
const ON_ONE_MACHINE =
  'PUBLIC_ORIGINS,JWKS_URLS,REDIS_URL,RELAY_REDIS_URL,DATABASE_URL,RELAY_DATABASE_URL,JOBS_DATABASE_URL,ACCESS_DATABASE_URL'

/** Roles, migrations, and the seed of what is empty. */
export async function prepareDatabase(
  postgres: Postgres,
  { passwords }: Secrets,
  { database = 'postgres', size }: { database?: string; size: 'full' | 'small' | 'none' },
): Promise<Databases> {
  await createRoles(postgres.urlOf('postgres', 'postgres', database), passwords)
  const databases = {
    ownerUrl: postgres.urlOf('derm_owner', passwords.owner, database),
    apiUrl: postgres.urlOf('derm_api', passwords.api, database),
    relayUrl: postgres.urlOf('derm_relay', passwords.relay, database),
    realtimeUrl: postgres.urlOf('derm_realtime', passwords.realtime, database),
    jobsUrl: postgres.urlOf('derm_jobs', passwords.jobs, database),
  }
  await migrate(databases.ownerUrl)
  if (size !== 'none') await seed(databases.ownerUrl, { size })
  return databases
}

/** API pods and realtime nodes as processes: the true shape, small. */
export async function createSystem(
  options: SystemOptions,
): Promise<{ apis: ServiceProcess[]; nodes: ServiceProcess[] }> {
  const { databases, secrets, redisUrls, origins } = options
  const common = {
    HOST: '127.0.0.1',
    PUBLIC_ORIGINS: origins.join(','),
    JWT_ISSUER: 'dermlive',
    JWT_AUDIENCE: 'dermlive',
    EVENT_SIGNING_SECRET: secrets.eventSigningSecret,
    // Everything is on the loopback address of one machine.
    ALLOW_INSECURE: ON_ONE_MACHINE,
    ...options.env,
  }
  const make = async (service: 'api' | 'realtime', n: number, env: Record<string, string>) => {
    const spec: ServiceSpec = {
      name: `${service}-${n}`,
      service,
      port: await findFreePort(),
      adminPort: await findFreePort(),
      env: { ...common, ...env },
    }
    return new ServiceProcess(spec, {
      restarts: options.restarts,
      print: options.print,
      ...(options.onChange ? { onChange: options.onChange } : {}),
    })
  }
  const apis: ServiceProcess[] = []
  for (let n = 1; n <= options.apis; n++)
    apis.push(
      await make('api', n, {
        REDIS_URL: redisUrls.api,
        RELAY_REDIS_URL: redisUrls.relay,
        DATABASE_URL: databases.apiUrl,
        RELAY_DATABASE_URL: databases.relayUrl,
        JOBS_DATABASE_URL: databases.jobsUrl,
        SIGNING_KEYS_FILE: secrets.signingKeysFile,
        REFRESH_TOKEN_SECRET: secrets.refreshTokenSecret,
      }),
    )
  const jwks = apis.map(({ url }) => `${url}/.well-known/jwks.json`).join(',')
  const nodes: ServiceProcess[] = []
  for (let n = 1; n <= options.nodes; n++)
    nodes.push(
      await make('realtime', n, {
        REDIS_URL: redisUrls.node,
        ACCESS_DATABASE_URL: databases.realtimeUrl,
        JWKS_URLS: jwks,
      }),
    )
  return { apis, nodes }
}
