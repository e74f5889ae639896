import { expect, it } from 'vitest'
import { z } from 'zod'
import { BaseConfig, ConfigError, OriginList, PostgresUrl, Secret, parseConfig } from './config.ts'

const schema = BaseConfig.extend({
  DATABASE_URL: PostgresUrl,
  PUBLIC_ORIGINS: OriginList,
  EVENT_SIGNING_SECRET: Secret,
})
const good = {
  NODE_ENV: 'development',
  PORT: '3000',
  ADMIN_PORT: '3001',
  REDIS_URL: 'redis://127.0.0.1:6379',
  DATABASE_URL: 'postgres://u:p@127.0.0.1/d',
  PUBLIC_ORIGINS: 'http://localhost:8080, https://app.example',
  EVENT_SIGNING_SECRET: 'x'.repeat(32),
  HOST: '',
}

it('parses the environment; an empty variable is unset', () => {
  expect(parseConfig(schema, good)).toMatchObject({
    PORT: 3000,
    HOST: '127.0.0.1',
    PUBLIC_ORIGINS: ['http://localhost:8080', 'https://app.example'],
  })
})

it('reports every fault together and quotes no value', () => {
  const secrets = { EVENT_SIGNING_SECRET: 'hunter2', DATABASE_URL: 'mysql://root:hunter3@db', REDIS_URL: 'hunter4' }
  const env = {
    ...good,
    ...secrets,
    PORT: 'hunter5',
    LOG_LEVEL: 'hunter6',
    PUBLIC_ORIGINS: 'https://*.hunter7/',
    ADMIN_PORT: '',
  }
  const fault = (() => {
    try {
      parseConfig(schema, env)
    } catch (error) {
      return error as ConfigError
    }
  })()
  expect(fault).toBeInstanceOf(ConfigError)
  expect(fault?.faults.map((line) => line.split(':')[0]).sort()).toEqual(
    ['ADMIN_PORT', 'DATABASE_URL', 'EVENT_SIGNING_SECRET', 'LOG_LEVEL', 'PORT', 'PUBLIC_ORIGINS', 'REDIS_URL'].sort(),
  )
  expect(fault?.message).not.toContain('hunter')
  expect(fault?.message).toContain('ADMIN_PORT: is required')
})

it('says that a variable is required', () => {
  expect(() => parseConfig(z.object({ A: z.string() }), {})).toThrow('A: is required')
})
