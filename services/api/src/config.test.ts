import type { ConfigError } from '@derm/runtime'
import { expect, it } from 'vitest'
import { readConfig } from './config.ts'

/** As somebody would have it who started the container with what `npm start` uses. */
const careless = {
  PORT: '3000',
  ADMIN_PORT: '3001',
  REDIS_URL: 'redis://redis:6379',
  DATABASE_URL: 'postgres://derm_api:pw@db/derm',
  RELAY_DATABASE_URL: 'postgres://derm_relay:pw@db/derm',
  JOBS_DATABASE_URL: 'postgres://derm_jobs:pw@db/derm',
  PUBLIC_ORIGINS: 'http://localhost:8080',
  SIGNING_KEYS_FILE: 'keys.json',
  JWT_ISSUER: 'dermlive',
  JWT_AUDIENCE: 'dermlive',
  EVENT_SIGNING_SECRET: 'x'.repeat(32),
  REFRESH_TOKEN_SECRET: 'y'.repeat(32),
  TRUSTED_PROXIES: '0.0.0.0/0,::/0',
}
const UNSAFE = [
  ...['DATABASE_URL', 'EVENT_SIGNING_SECRET', 'JOBS_DATABASE_URL', 'PUBLIC_ORIGINS', 'REDIS_URL'],
  ...['REFRESH_TOKEN_SECRET', 'RELAY_DATABASE_URL', 'TRUSTED_PROXIES'],
]

function namesOfFaults(env: Record<string, string>): string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    return (error as ConfigError).faults.map((fault) => fault.split(':')[0]!).toSorted()
  }
}

it('[OPS3] the API does not start carelessly in production, and names every fault at once', () => {
  expect(namesOfFaults(careless)).toEqual(['ALLOW_INSECURE', ...UNSAFE])
  expect(namesOfFaults({ ...careless, NODE_ENV: 'development' })).toEqual([])
  expect(namesOfFaults({ ...careless, ALLOW_INSECURE: UNSAFE.join(', ') })).toEqual([])
})

it('[OPS6] one secret is not taken for two uses, nor as the old one of the other', () => {
  const env = { ...careless, NODE_ENV: 'development' }
  expect(namesOfFaults({ ...env, REFRESH_TOKEN_SECRET: env.EVENT_SIGNING_SECRET })).toEqual(['REFRESH_TOKEN_SECRET'])
  const list = `${env.REFRESH_TOKEN_SECRET},${env.EVENT_SIGNING_SECRET}`
  expect(namesOfFaults({ ...env, REFRESH_TOKEN_SECRET: list })).toEqual(['REFRESH_TOKEN_SECRET'])
})

it('[OPS6] a list of secrets is one of long ones, each named once', () => {
  const env = { ...careless, NODE_ENV: 'development' }
  const [one, two] = ['y'.repeat(32), 'z'.repeat(32)]
  expect(
    readConfig({ ...env, REFRESH_TOKEN_SECRET: `${two}, ${one}` }).REFRESH_TOKEN_SECRET.map(({ secret }) => secret),
  ).toEqual([two, one])
  for (const text of [`${one},${one}`, `${one},short`, ','])
    expect(namesOfFaults({ ...env, REFRESH_TOKEN_SECRET: text })).toEqual(['REFRESH_TOKEN_SECRET'])
})
