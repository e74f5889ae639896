import { isCluster, type RedisClient } from './redis-client.ts'

type Informer = { info(section: string): Promise<string> }

/** Changes when a server was restarted, or another one answers: then what it acknowledged may be gone. Of a Cluster it names all masters. */
export async function readServerIdentity(redis: RedisClient): Promise<string> {
  if (!isCluster(redis)) return readOne(redis)
  const identities = await Promise.all(redis.nodes('master').map((master) => readOne(master)))
  return identities.toSorted().join(' ')
}

async function readOne(redis: Informer): Promise<string> {
  const [info, role] = await Promise.all([redis.info('server'), redis.info('replication')]).catch((error: Error) => {
    // Where INFO is kept from applications, the comparison of all heads every few seconds finds what is gone.
    if (/^NOPERM|^ERR unknown command/.test(error.message)) return ['', '']
    throw error
  })
  const field = (text: string, name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(text)?.[1] ?? ''
  return [field(info, 'run_id'), field(role, 'role'), field(role, 'master_replid')].join('/')
}
