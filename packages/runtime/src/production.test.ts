import { expect, it } from 'vitest'
import type { ConfigError } from './config.ts'
import { SecretListText } from './secret-list.ts'
import { BaseConfig, OriginList, PostgresUrl, ProxyList, Secret, UrlList, parseConfig } from './config.ts'

const schema = BaseConfig.extend({
  DATABASE_URL: PostgresUrl,
  JWKS_URLS: UrlList,
  PUBLIC_ORIGINS: OriginList,
  EVENT_SIGNING_SECRET: Secret,
  REFRESH_TOKEN_SECRET: SecretListText,
  TRUSTED_PROXIES: ProxyList.default(['loopback']),
})
const [random, other] = [
  'kV3oQb7nT1yXw9ZrLq5MhC2dGfJ8sPuE',
  '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
]
const safe = {
  PORT: '3000',
  ADMIN_PORT: '3001',
  REDIS_URL: `rediss://:${random}@redis.internal:6379`,
  DATABASE_URL: `postgres://derm_api:${random}@db.internal/derm?sslmode=verify-full`,
  JWKS_URLS: 'https://api.internal/.well-known/jwks.json',
  PUBLIC_ORIGINS: 'https://app.example',
  EVENT_SIGNING_SECRET: random,
  REFRESH_TOKEN_SECRET: `${other},${random}`,
}

function faultsOf(change: Record<string, string>): string[] {
  try {
    parseConfig(schema, { ...safe, ...change })
    return []
  } catch (error) {
    return [...(error as ConfigError).faults].filter((fault) => !fault.startsWith('ALLOW_INSECURE'))
  }
}
const namesOf = (faults: readonly string[]) => faults.map((fault) => fault.split(':')[0]).toSorted()

it('[OPS3] production takes what is safe; it is what holds where NODE_ENV says nothing', () => {
  expect(faultsOf({})).toEqual([])
  expect(faultsOf({ NODE_ENV: 'production' })).toEqual([])
})

const UNSAFE: [name: string, value: string][] = [
  ['PUBLIC_ORIGINS', 'http://app.example'],
  ['PUBLIC_ORIGINS', 'https://app.example,http://localhost:8080'],
  ['JWKS_URLS', 'http://api.internal/jwks.json'],
  ['REDIS_URL', 'redis://127.0.0.1:6379'],
  ['REDIS_URL', `redis://:${random}@redis.internal:6379`],
  ['REDIS_URL', 'rediss://redis.internal:6379'],
  ['REDIS_URL', 'rediss://:password12345678@redis.internal:6379'],
  ['REDIS_URL', 'rediss://:short@redis.internal:6379'],
  ['DATABASE_URL', `postgres://derm_api:${random}@db.internal/derm`],
  ['DATABASE_URL', `postgres://derm_api:${random}@db.internal/derm?sslmode=disable`],
  ['DATABASE_URL', `postgres://derm_api:${random}@db.internal/derm?sslmode=prefer`],
  ['DATABASE_URL', `postgres://derm_api:${random}@db.internal/derm?sslmode=no-verify`],
  ['DATABASE_URL', `postgres://derm_api:${random}@db.internal/derm?sslmode=require&uselibpqcompat=true`],
  ['DATABASE_URL', 'postgres://derm_api@db.internal/derm?sslmode=verify-full'],
  ['DATABASE_URL', 'postgres://postgres:postgres@db.internal/derm?sslmode=verify-full'],
  ['EVENT_SIGNING_SECRET', 'x'.repeat(32)],
  ['EVENT_SIGNING_SECRET', 'ab'.repeat(40)],
  ['EVENT_SIGNING_SECRET', 'kV3oQb7nT1yX'.repeat(4)],
  ['EVENT_SIGNING_SECRET', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'],
  ['EVENT_SIGNING_SECRET', 'zyxwvutsrqponmlkjihgfedcbazyxwvut'],
  ['EVENT_SIGNING_SECRET', `change-me-${random}`],
  ['EVENT_SIGNING_SECRET', 'a secret that is long enough for tests'],
  ['REFRESH_TOKEN_SECRET', `${random},${'y'.repeat(32)}`],
  ['TRUSTED_PROXIES', '0.0.0.0/0'],
  ['TRUSTED_PROXIES', '::/0'],
  ['TRUSTED_PROXIES', 'loopback, 0.0.0.0/1, 128.0.0.0/1'],
  ['TRUSTED_PROXIES', '::ffff:0:0/96'],
  ['TRUSTED_PROXIES', '0:0:0:0:0:ffff:0:0/96'],
  ['TRUSTED_PROXIES', '2000::/3'],
  ['TRUSTED_PROXIES', '203.0.0.0/8'],
]

it.each(UNSAFE)('[OPS3] production refuses %s=%s, and no other setting does', (name, value) => {
  const faults = faultsOf({ [name]: value })
  expect(namesOf(faults)).toEqual([name])
  expect(faults.join()).not.toContain(random)
  expect(faultsOf({ [name]: value, ALLOW_INSECURE: name })).toEqual([])
  expect(namesOf(faultsOf({ [name]: value, ALLOW_INSECURE: 'PORT,HOST' }))).toEqual([name])
  expect(faultsOf({ [name]: value, NODE_ENV: 'development' })).toEqual([])
})

it('[OPS3] all faults are said at once, those of production beside those of the form, and how to allow them', () => {
  const unsafe = Object.fromEntries(UNSAFE)
  expect(namesOf(faultsOf({ ...unsafe, ADMIN_PORT: 'none', LOG_LEVEL: 'loud' }))).toEqual(
    [...new Set(UNSAFE.map(([name]) => name)), 'ADMIN_PORT', 'LOG_LEVEL'].toSorted(),
  )
  expect(() => parseConfig(schema, { ...safe, ...unsafe })).toThrow('ALLOW_INSECURE: names the variables')
})

it.each([
  'https://*.example',
  '*',
  'https://app.example/',
  'null',
  'https://app.example/path',
  'https://user@app.example',
])('[OPS3] the origin %s is none, in production or not', (origin) => {
  for (const NODE_ENV of ['production', 'development'])
    expect(namesOf(faultsOf({ PUBLIC_ORIGINS: origin, NODE_ENV }))).toEqual(['PUBLIC_ORIGINS'])
})

it.each(['0', '0/0', '0x0/0', '10.0.0.0/255.0.0.0', 'true', '1', '*', 'proxy.internal', '10.0.0.0/33', '10.0.0.0/8/8'])(
  '[OPS3] the proxy %s is none, in production or not',
  (proxy) => {
    for (const NODE_ENV of ['production', 'development'])
      expect(namesOf(faultsOf({ TRUSTED_PROXIES: proxy, NODE_ENV }))).toEqual(['TRUSTED_PROXIES'])
  },
)

it.each(['loopback,uniquelocal', '10.0.0.0/8', '203.0.113.7', '203.0.113.0/24', 'fd00::/8', '2001:db8::/32', '::1'])(
  '[OPS3] the proxies %s can be somebody’s own',
  (proxies) => expect(faultsOf({ TRUSTED_PROXIES: proxies })).toEqual([]),
)

it('[OPS3] a random secret passes, in every alphabet in which one is written', () => {
  for (let i = 0; i < 200; i++) {
    const bytes = Buffer.from(crypto.getRandomValues(new Uint8Array(32)))
    for (const secret of [
      bytes.toString('hex'),
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('hex').slice(0, 32),
    ])
      expect(faultsOf({ EVENT_SIGNING_SECRET: secret, REFRESH_TOKEN_SECRET: other })).toEqual([])
  }
})
