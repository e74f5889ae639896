import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@derm/core'
import { findFreePort, makeCertificates, startRedis, type Certificates, type RedisServer } from '@derm/local-servers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRedisConnections } from './redis-connections.ts'
import type { RedisTlsFiles } from './redis-client.ts'

let folder: string
let files: Certificates
let server: RedisServer
let url: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'derm-tls-'))
  files = await makeCertificates(folder)
  const tlsPort = await findFreePort()
  url = `rediss://127.0.0.1:${tlsPort}`
  const certificate = ['--tls-cert-file', files.server.cert, '--tls-key-file', files.server.key]
  const args = ['--tls-port', String(tlsPort), ...certificate, '--tls-ca-cert-file', files.ca]
  server = await startRedis({ port: await findFreePort(), folder, args: [...args, '--tls-auth-clients', 'yes'] })
})
afterAll(async () => {
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** What a client with these files gets, and why its connections failed. */
async function ping(tls: RedisTlsFiles): Promise<string> {
  const reasons = new Set<string>()
  const redis = createRedisConnections({
    url,
    tls,
    instance: 'test',
    logger: silentLogger,
    onFailure: (reason) => reasons.add(reason),
  })
  const answer = await redis
    .commands('test')
    .ping()
    .catch(() => [...reasons].join())
  await redis.close()
  return answer
}

it('[OPS36] Redis is believed by a private authority, and believes our certificate', async () => {
  const own = { REDIS_CERT_FILE: files.client.cert, REDIS_KEY_FILE: files.client.key }
  expect(await ping({ REDIS_CA_FILE: files.ca, ...own })).toBe('PONG')
  expect(await ping(own)).toBe('certificate')
  expect(await ping({ REDIS_CA_FILE: files.ca })).not.toBe('PONG')
})
