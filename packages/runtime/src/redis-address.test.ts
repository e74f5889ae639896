import { describe, expect, it } from 'vitest'
import { parseRedisAddress } from './redis-address.ts'

const NONE = {
  username: undefined,
  password: undefined,
  masterName: undefined,
  sentinelUsername: undefined,
  sentinelPassword: undefined,
}

describe('[OPS35] the forms of REDIS_URL', () => {
  it.each([
    [
      'redis://localhost',
      { ...NONE, kind: 'single', hasTls: false, hosts: [{ host: 'localhost', port: 6379 }], database: 0 },
    ],
    [
      'rediss://derm_api:p%40ss%2F@cache.example:6380/3',
      {
        ...NONE,
        kind: 'single',
        hasTls: true,
        hosts: [{ host: 'cache.example', port: 6380 }],
        username: 'derm_api',
        password: 'p@ss/',
        database: 3,
      },
    ],
    [
      'redis://:secret@[::1]:7000',
      { ...NONE, kind: 'single', hasTls: false, hosts: [{ host: '::1', port: 7000 }], password: 'secret', database: 0 },
    ],
    [
      'rediss-sentinel://u:p@s1,s2:26380,10.0.0.3/1?name=main&sentinel_username=su&sentinel_password=s%26p',
      {
        kind: 'sentinel',
        hasTls: true,
        hosts: [
          { host: 's1', port: 26_379 },
          { host: 's2', port: 26_380 },
          { host: '10.0.0.3', port: 26_379 },
        ],
        username: 'u',
        password: 'p',
        database: 1,
        masterName: 'main',
        sentinelUsername: 'su',
        sentinelPassword: 's&p',
      },
    ],
    [
      'redis-cluster://u:p@c1:7001,c2',
      {
        ...NONE,
        kind: 'cluster',
        hasTls: false,
        hosts: [
          { host: 'c1', port: 7001 },
          { host: 'c2', port: 6379 },
        ],
        username: 'u',
        password: 'p',
        database: 0,
      },
    ],
  ])('%s', (url, address) => expect(parseRedisAddress(url)).toEqual(address))

  it.each([
    'http://localhost',
    'redis://',
    'redis://a,b',
    'redis://a:99999',
    'redis://a:b@c@d',
    'redis://%zz:p@a',
    'redis-sentinel://a',
    'redis-sentinel://a?name=',
    'redis://a?name=main',
    'redis-cluster://a/1',
    'redis-cluster://a b',
  ])('none of them: %s', (url) => expect(parseRedisAddress(url)).toBeNull())
})
