import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateSigningKey } from '@derm/auth'
import { createLogger } from '@derm/runtime'
import { useTestDatabase, useTestRedis } from '@derm/test-kit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readConfig } from './config.ts'
import { createPod } from './create-pod.ts'

const database = useTestDatabase()
const redis = useTestRedis()
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'api-'))
  const key = generateSigningKey()
  writeFileSync(join(folder, 'keys.json'), JSON.stringify({ active: key.kid, keys: [key] }))
})
afterAll(() => rmSync(folder, { recursive: true }))

it.each([
  ['postgres', 'DATABASE_URL'],
  ['relay', 'RELAY_DATABASE_URL'],
  ['jobs', 'JOBS_DATABASE_URL'],
])('[OPS13] the pod’s step %s does not start when %s brings other settings', async (name, variable) => {
  const urls = {
    DATABASE_URL: database.apiUrl,
    RELAY_DATABASE_URL: database.relayUrl,
    JOBS_DATABASE_URL: database.jobsUrl,
  }
  const config = readConfig({
    NODE_ENV: 'test',
    PORT: '0',
    ADMIN_PORT: '0',
    REDIS_URL: redis.url,
    ...urls,
    [variable]: `${urls[variable as keyof typeof urls]}?options=-c%20TimeZone%3DAmerica/New_York`,
    PUBLIC_ORIGINS: 'https://app.example',
    SIGNING_KEYS_FILE: join(folder, 'keys.json'),
    JWT_ISSUER: 'x',
    JWT_AUDIENCE: 'x',
    EVENT_SIGNING_SECRET: 'a secret that is long enough for tests',
    REFRESH_TOKEN_SECRET: 'another secret that is long enough for tests',
  })
  const logger = createLogger({ service: 'api', instance: 'test', level: 'silent' })
  const pod = createPod(config, { logger, isReady: () => true })
  try {
    const step = pod.steps.find((one) => one.name === name)!
    await expect(Promise.resolve(step.start?.())).rejects.toThrow('TimeZone is America/New_York, not UTC')
  } finally {
    for (const step of pod.steps.toReversed()) await step.stop?.()
  }
})
