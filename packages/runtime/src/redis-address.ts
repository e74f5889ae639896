/** Where Redis is, and as whom it is reached: what the forms of `REDIS_URL` say. */
export type RedisAddress = {
  /** One server · the master that Sentinels name · a Redis Cluster. */
  kind: 'single' | 'sentinel' | 'cluster'
  hasTls: boolean
  /** The server, the Sentinels, or some servers of the Cluster. */
  hosts: readonly { host: string; port: number }[]
  username: string | undefined
  password: string | undefined
  database: number
  /** The name under which the Sentinels know the master. */
  masterName: string | undefined
  /** Where the Sentinels ask for a user of their own. */
  sentinelUsername: string | undefined
  sentinelPassword: string | undefined
}

const FORM =
  /^redis(?<tls>s?)(?:-(?<kind>sentinel|cluster))?:\/\/(?:(?<user>[^@/?#]*)@)?(?<hosts>[^@/?#]+)(?:\/(?<database>\d{0,3}))?(?:\?(?<query>[^#]*))?$/
const HOST = /^(?<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(?<port>\d{1,5}))?$/
const DEFAULT_PORT = { single: 6379, sentinel: 26_379, cluster: 6379 }

/** @returns `null` for what is none of the forms in docs/operations/redis-and-postgres.md. */
export function parseRedisAddress(url: string): RedisAddress | null {
  const { tls, kind: named, user, hosts: list = '', database, query } = FORM.exec(url)?.groups ?? {}
  if (tls === undefined) return null
  const kind = (named ?? 'single') as RedisAddress['kind']
  const hosts = list.split(',').map((text) => {
    const { host, port = String(DEFAULT_PORT[kind]) } = HOST.exec(text)?.groups ?? {}
    return host === undefined || Number(port) > 65_535
      ? null
      : { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
  })
  const parameters = new URLSearchParams(query)
  const masterName = parameters.get('name') ?? undefined
  if (hosts.includes(null) || (kind === 'single' && hosts.length > 1)) return null
  // Sentinels watch several masters, a Cluster has no numbered databases.
  if ((kind === 'sentinel') !== (masterName !== undefined && masterName !== '')) return null
  if (kind === 'cluster' && Number(database ?? 0) !== 0) return null
  const [username, password] = splitUser(user)
  if (username === null || password === null) return null
  return {
    kind,
    hasTls: tls === 's',
    hosts: hosts as { host: string; port: number }[],
    username,
    password,
    database: Number(database ?? 0),
    masterName,
    sentinelUsername: parameters.get('sentinel_username') ?? undefined,
    sentinelPassword: parameters.get('sentinel_password') ?? undefined,
  }
}

/** `null` where it is not well encoded. */
function splitUser(text: string | undefined): [string | undefined | null, string | undefined | null] {
  if (text === undefined || text === '') return [undefined, undefined]
  const at = text.indexOf(':')
  const decode = (part: string) => {
    try {
      return part === '' ? undefined : decodeURIComponent(part)
    } catch {
      return null
    }
  }
  return at < 0 ? [decode(text), undefined] : [decode(text.slice(0, at)), decode(text.slice(at + 1))]
}
