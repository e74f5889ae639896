import { expect, it, onTestFinished } from 'vitest'
import { createAdminServer } from './admin-server.ts'
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

it('[SEC] refuses a label that could hold a person or a tenant', () => {
  const metrics = createMetrics()
  for (const label of ['user', 'patientId', 'tenant', 'email', 'id', 'room_id', 'channel'])
    expect(() => metrics.counter({ name: 'x', help: 'x', labels: [label] })).toThrow('could hold')
})
