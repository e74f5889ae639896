import { Redis } from 'ioredis'
import { WebSocketServer } from 'ws'

/**
 * The floor: a `ws` server that writes what it hears on one Redis channel to each socket as one pre-made frame.
 * No rooms, no access, no recovery.
 */
const redis = new Redis(process.env['REDIS_URL']!)
// First: `listening` must not be over before anybody listens for it.
await redis.subscribe('bench:bare')
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
const sockets = new Set<{ write(data: Buffer): boolean }>()
server.on('connection', (socket, request) => {
  sockets.add(request.socket)
  socket.on('close', () => sockets.delete(request.socket))
})
redis.on('message', (_, message) => {
  const frame = frameText(message)
  for (const socket of sockets) socket.write(frame)
})

function frameText(text: string): Buffer {
  const body = Buffer.from(text)
  const header =
    body.length < 126 ? Buffer.from([0x81, body.length]) : Buffer.from([0x81, 126, body.length >> 8, body.length & 255])
  return Buffer.concat([header, body])
}

server.on('listening', () => process.send?.({ port: (server.address() as { port: number }).port }))
process.on('disconnect', () => process.exit(0))
