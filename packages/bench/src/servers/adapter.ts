import { createServer } from 'node:http'
import { createAdapter } from '@socket.io/redis-adapter'
import { Redis } from 'ioredis'
import { Server } from 'socket.io'

/** What one would build first: Socket.IO nodes joined by the Redis adapter, `io.to(room).emit(…)` for each event. */
const pub = new Redis(process.env['REDIS_URL']!, { maxRetriesPerRequest: null })
const sub = pub.duplicate()
const http = createServer()
const io = new Server(http, {
  path: '/realtime',
  transports: ['websocket'],
  perMessageDeflate: false,
  adapter: createAdapter(pub, sub, { key: 'bench:io' }),
})
io.on('connection', (socket) => {
  socket.on('subscribe', async (_request: unknown, ack: (answer: object) => void) => {
    await socket.join('bench')
    ack({ ok: true })
  })
})
http.listen(0, '127.0.0.1', () => process.send?.({ port: (http.address() as { port: number }).port }))
process.on('disconnect', () => process.exit(0))
