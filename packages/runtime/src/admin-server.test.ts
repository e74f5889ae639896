import { expect, it, onTestFinished } from 'vitest'
import { createAdminServer } from './admin-server.ts'
import { BaseConfig, parseConfig } from './config.ts'
import { createMetrics } from './metrics.ts'

it('answers probes and metrics, and stops', async () => {
  const metrics = createMetrics()
  metrics.counter({ name: 'things_total', help: 'Things', labels: ['outcome'] }).inc({ outcome: 'good' })
  let isReady: () => boolean = () => false
  const server = createAdminServer({ port: 0, isReady: () => isReady(), metrics })
  const base = `http://127.0.0.1:${await server.start()}`
  onTestFinished(() => server.stop())
  const status = async (path: string, method = 'GET') => (await fetch(base + path, { method })).status
  expect(await status('/livez')).toBe(200)
  expect(await status('/readyz')).toBe(503)
  isReady = () => true
  expect(await status('/readyz')).toBe(200)
  isReady = () => {
    throw new Error('broken')
  }
  expect(await status('/readyz')).toBe(500)
  expect(await status('/livez')).toBe(200)
  expect(await status('/nothing')).toBe(404)
  expect(await status('/livez', 'POST')).toBe(405)
  const text = await (await fetch(`${base}/metrics`)).text()
  expect(text).toContain('derm_things_total{outcome="good"} 1')
  expect(text).toContain('derm_nodejs_eventloop_lag_p99_seconds')
})

it('[OPS11] listens where it is told to, and not where the service does', async () => {
  const server = createAdminServer({ port: 0, host: '127.0.0.2', isReady: () => true, metrics: createMetrics() })
  const port = await server.start()
  onTestFinished(() => server.stop())
  expect((await fetch(`http://127.0.0.2:${port}/livez`)).status).toBe(200)
  await expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow()
  const service = { HOST: '0.0.0.0', PORT: '1', ADMIN_PORT: '2', REDIS_URL: 'redis://127.0.0.1:1', NODE_ENV: 'test' }
  expect(parseConfig(BaseConfig, service).ADMIN_HOST).toBe('127.0.0.1')
})

it('[SEC] refuses a label that could hold a person or a tenant', () => {
  const metrics = createMetrics()
  for (const label of ['user', 'patientId', 'tenant', 'email', 'id', 'room_id', 'channel'])
    expect(() => metrics.counter({ name: 'x', help: 'x', labels: [label] })).toThrow('could hold')
})
