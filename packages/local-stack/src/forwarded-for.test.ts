import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { startGateway } from './gateway.ts'

it('[SES27] what a client says of its own address goes no further than the front door, on a WebSocket either', async () => {
  let forwarded: unknown
  const node = createServer().on('upgrade', ({ headers }, socket) => {
    forwarded = headers['x-forwarded-for']
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
  })
  await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(node.address() as AddressInfo).port}`
  const gateway = await startGateway({
    port: 0,
    dist: new URL('.', import.meta.url).pathname,
    apis: [],
    nodes: [{ url, isReady: async () => true }],
  })
  const headers = { connection: 'Upgrade', upgrade: 'websocket', 'x-forwarded-for': '203.0.113.9' }
  await new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port: gateway.port, path: '/realtime/', headers })
    for (const event of ['response', 'upgrade', 'error', 'close']) asked.on(event, resolve)
    asked.end()
  })
  await gateway.stop()
  await new Promise((resolve) => node.close(resolve))
  expect(forwarded).toMatch(/^(::ffff:)?127\.0\.0\.1$/)
})
