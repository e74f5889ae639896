import { connect, type Socket } from 'node:net'
import type { Attack } from '../attack.ts'

/** The longest deadline of a server's, and the second after which it looks. */
const LIMIT_MS = 25_000
const READ_LIMIT = 20_000_000
const CHUNK = Buffer.alloc(65_536, 'x')

/** Nobody signs in: requests that never end, on every port of every service, and bodies that are announced or sent without end. */
export const slowAndLargeRequests: Attack = {
  name: 'half requests, dripping headers and bodies without end, on every port',
  rule: 'OPS9',
  tries: { full: 800, short: 48 },
  async run(stack, tries) {
    const services = [...stack.apis, ...stack.nodes]
    const ports = services.flatMap(({ spec }) => [spec.port, spec.adminPort])
    const faults: string[] = []
    const halves = Array.from({ length: tries }, (_, i) => halfRequest(ports[i % ports.length]!, i))
    const floods = await Promise.all(stack.apis.flatMap(({ port }) => [flood(port, true), flood(port, false)]))
    for (const { sent, answer } of floods) {
      if (sent > READ_LIMIT) faults.push(`${Math.round(sent / 1e6)} MB of a body that is too large were taken`)
      if (!/^HTTP\/1.1 413 /.test(answer))
        faults.push(`a body that is too large was answered with ${answer.slice(0, 30)}`)
    }
    const open = await countOpen(halves, LIMIT_MS)
    if (open > 0) faults.push(`${open} of ${tries} half requests were open after ${LIMIT_MS / 1000} s`)
    return faults
  },
}

const STARTS = [
  'GET / HT',
  'GET / HTTP/1.1\r\nhost: x\r\nx-',
  'POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-length: 900\r\n\r\n',
  '',
]

function halfRequest(port: number, i: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {}).resume()
  socket.write(STARTS[i % STARTS.length]!)
  const drip = setInterval(() => void (socket.writable && socket.write('x')), 500)
  socket.once('close', () => clearInterval(drip))
  return socket
}

async function countOpen(sockets: readonly Socket[], withinMs: number): Promise<number> {
  let timer: NodeJS.Timeout | undefined
  const ended = Promise.all(
    sockets.map(async (socket) => {
      if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve))
    }),
  )
  await Promise.race([ended, new Promise((resolve) => (timer = setTimeout(resolve, withinMs)))])
  clearTimeout(timer)
  const open = sockets.filter((socket) => !socket.destroyed)
  for (const socket of open) socket.destroy()
  return open.length
}

/** Sends as fast as it is taken, until the connection ends. */
async function flood(port: number, isAnnounced: boolean): Promise<{ sent: number; answer: string }> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  let sent = 0
  socket.on('error', () => {}).on('data', (data) => (answer += data.toString()))
  const piece = isAnnounced ? CHUNK : Buffer.from(`${CHUNK.length.toString(16)}\r\n${CHUNK.toString()}\r\n`)
  const send = () => {
    do sent += piece.length
    while (socket.writable && sent < 2 * READ_LIMIT && socket.write(piece))
  }
  const length = isAnnounced ? 'content-length: 5000000000' : 'transfer-encoding: chunked'
  socket.write(`POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${length}\r\n\r\n`)
  socket.on('drain', send)
  send()
  const timer = setTimeout(() => socket.destroy(), LIMIT_MS)
  await new Promise((resolve) => socket.once('close', resolve))
  clearTimeout(timer)
  return { sent, answer }
}
