import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { generateSigningKey } from '@derm/auth'
import type { EventEnvelope, EventType, LoginResponse } from '@derm/contract'
import { systemClock, type Clock } from '@derm/core'
import { SEED_ACCOUNTS, getSeedIds, seed } from '@derm/database'
import { createLogger } from '@derm/runtime'
import { useTestDatabase, useTestRedis, type TestDatabase } from '@derm/test-kit'
import { readConfig } from '../config.ts'
import { createPod, type Pod } from '../create-pod.ts'

export const ORIGIN = 'https://app.example'
export const ids = getSeedIds()

export type Answer = { status: number; headers: Headers; body: any; text: string; cookie: string | undefined }
type RequestOptions = { body?: unknown; headers?: Record<string, string> }
type TestClient = {
  request: (method: string, path: string, options?: RequestOptions) => Promise<Answer>
  get: (path: string, headers?: Record<string, string>) => Promise<Answer>
  post: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
  patch: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
}
export type SignedIn = TestClient & LoginResponse & { cookie: string }

export type TestPod = {
  readonly pod: Pod
  readonly url: string
  readonly redisUrl: string
  readonly database: TestDatabase
  /** Without a token. Paths are below `/api/v1`, unless they begin with `//`. */
  readonly nobody: TestClient
  /** Of the real sign-in; `fresh` makes a session of its own. */
  signIn: (email: string, options?: { fresh?: boolean }) => Promise<SignedIn>
  withToken: (token: string) => TestClient
  sql: <Row = any>(text: string, values?: unknown[]) => Promise<Row[]>
  /** The events committed since the last call, in the order of their flush. */
  takeEvents: () => Promise<StoredEvent[]>
  keysFile: () => string
  clock: { advance: (ms: number) => void }
}
type StoredEvent = Omit<EventEnvelope<EventType>, 'at'>

/** One API pod in this process, on a database and a Redis of its own, with the small seed; ended after the file's tests. */
export function useTestPod(env: Record<string, string> = {}): TestPod {
  const database = useTestDatabase()
  const redis = useTestRedis()
  let pod: Pod
  let client: pg.Pool
  let folder: string
  let offset = 0
  let seen = new Set<string>()
  const sessions = new Map<string, Promise<SignedIn>>()
  const clock: Clock = { ...systemClock, now: () => Date.now() + offset }

  beforeAll(async () => {
    await seed(database.ownerUrl, { size: 'small' })
    folder = mkdtempSync(join(tmpdir(), 'api-'))
    const key = generateSigningKey()
    writeFileSync(join(folder, 'keys.json'), JSON.stringify({ active: key.kid, keys: [key] }))
    const config = readConfig({
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      PORT: '0',
      ADMIN_PORT: '0',
      DRAIN_DELAY_MS: '0',
      REDIS_URL: redis.url,
      DATABASE_URL: database.apiUrl,
      RELAY_DATABASE_URL: database.relayUrl,
      JOBS_DATABASE_URL: database.jobsUrl,
      PUBLIC_ORIGINS: ORIGIN,
      SIGNING_KEYS_FILE: join(folder, 'keys.json'),
      JWT_ISSUER: 'https://issuer.example',
      JWT_AUDIENCE: 'dermlive',
      EVENT_SIGNING_SECRET: 'a secret that is long enough for tests',
      REFRESH_TOKEN_SECRET: 'another secret that is long enough for tests',
      ...env,
    })
    const logger = createLogger({ service: 'api', instance: 'test', level: 'error' })
    pod = createPod(config, { logger, isReady: () => true, clock })
    client = new pg.Pool({ connectionString: database.superuserUrl, max: 2 })
    for (const step of pod.steps) await step.start?.()
  })
  afterAll(async () => {
    const steps = [...(pod?.steps ?? [])].reverse()
    for (const step of steps) await step.drain?.()
    for (const step of steps) await step.stop?.()
    await client?.end()
    if (folder) rmSync(folder, { recursive: true })
  })

  const url = () => `http://127.0.0.1:${pod.ports().port}`
  const clientOf = (token?: string): TestClient => {
    const request: TestClient['request'] = async (method, path, { body, headers = {} } = {}) => {
      const response = await fetch(path.startsWith('//') ? url() + path.slice(1) : `${url()}/api/v1${path}`, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      const isJson = response.headers.get('content-type')?.includes('json')
      const cookie = response.headers.getSetCookie()[0]?.split(';')[0]
      return {
        status: response.status,
        headers: response.headers,
        text,
        cookie,
        body: isJson && text ? JSON.parse(text) : undefined,
      }
    }
    return {
      request,
      get: (path, headers = {}) => request('GET', path, { headers }),
      post: (path, body, headers = {}) => request('POST', path, { body, headers }),
      patch: (path, body, headers = {}) => request('PATCH', path, { body, headers }),
    }
  }
  const signIn = async (email: string): Promise<SignedIn> => {
    const { status, body, cookie, text } = await clientOf().post('/auth/login', {
      email,
      password: SEED_ACCOUNTS[0]?.password,
    })
    if (status !== 200 || !cookie) throw new Error(`${email} could not sign in: ${text}`)
    return { ...clientOf(body.accessToken), ...body, cookie }
  }

  const sql: TestPod['sql'] = async (text, values = []) => (await client.query(text, values)).rows
  return {
    get pod() {
      return pod
    },
    get url() {
      return url()
    },
    get redisUrl() {
      return redis.url
    },
    database,
    get nobody() {
      return clientOf()
    },
    withToken: clientOf,
    signIn(email, { fresh = false } = {}) {
      const known = sessions.get(email)
      if (known && !fresh) return known
      const session = signIn(email)
      if (!fresh) sessions.set(email, session)
      return session
    },
    sql,
    async takeEvents() {
      const rows = await sql('SELECT id, type, channel, epoch, seq, body FROM events ORDER BY at, channel, seq')
      const fresh = rows.filter(({ id }) => !seen.has(id))
      seen = new Set(rows.map(({ id }) => id))
      return fresh.map(({ body, seq, ...rest }) => ({ ...rest, seq: Number(seq), ...JSON.parse(body) }))
    },
    keysFile: () => join(folder, 'keys.json'),
    clock: { advance: (ms) => void (offset += ms) },
  }
}
