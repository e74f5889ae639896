import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { REALTIME_PATH } from '@derm/contract'
import type { Stack } from './start-stack.ts'

export const OPCODE = { continuation: 0, text: 1, binary: 2, ping: 9, pong: 10 } as const

/** A masked WebSocket frame, also of kinds and in orders that no library would send. */
export function maskedFrame(opcode: number, payload: string | Buffer = '', isFinal = true): Buffer {
  const data = Buffer.from(payload)
  const first = (isFinal ? 0x80 : 0) | opcode
  const extended = Buffer.alloc(data.length < 126 ? 0 : data.length < 65_536 ? 2 : 8)
  if (extended.length === 2) extended.writeUInt16BE(data.length)
  if (extended.length === 8) extended.writeBigUInt64BE(BigInt(data.length))
  const short = extended.length === 0 ? data.length : extended.length === 2 ? 126 : 127
  // Masked with zeros: the payload stays as it is.
  return Buffer.concat([Buffer.from([first, 0x80 | short]), extended, Buffer.alloc(4), data])
}

export type RawSocket = {
  tcp: Socket
  isEnded(): boolean
  /** Sends the bytes again and again, as fast as they are taken, until so many have gone out or the connection ends. @returns how many went out. */
  flood(bytes: Buffer, total: number): Promise<number>
}

type RawOptions = {
  node?: number
  /** With it, the connection is admitted. */
  token?: string
  /** As which a client in another network comes, through a proxy. */
  from?: string
  /** It reads nothing once it is open. */
  isDeaf?: boolean
}

/** A WebSocket by hand, down to its TCP connection. @throws when it is refused. */
export async function openRawSocket(
  stack: Stack,
  { node = 0, token, from, isDeaf }: RawOptions = {},
): Promise<RawSocket> {
  const tcp = connectTcp(stack, node)
  const headers = [
    `GET ${REALTIME_PATH}/?EIO=4&transport=websocket HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    `Origin: ${stack.origin}`,
    ...(from ? [`X-Forwarded-For: ${from}`] : []),
  ]
  tcp.write(`${headers.join('\r\n')}\r\n\r\n`)
  await readUntil(tcp, '"maxPayload"')
  if (token !== undefined) {
    tcp.write(maskedFrame(OPCODE.text, `40${JSON.stringify({ token, protocol: 1 })}`))
    await readUntil(tcp, '40{"sid"')
  }
  if (isDeaf) tcp.pause()
  else tcp.resume()
  return { tcp, isEnded: () => tcp.destroyed, flood: (bytes, total) => flood(tcp, bytes, total) }
}

/** A TCP connection that has not asked for anything. */
export function connectTcp(stack: Stack, node = 0): Socket {
  const tcp = connect({ port: stack.nodes[node]!.port, host: '127.0.0.1' })
  tcp.setNoDelay(true)
  tcp.on('error', () => {})
  return tcp
}

function readUntil(tcp: Socket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let read = ''
    const onData = (chunk: Buffer) => {
      read += chunk.toString('latin1')
      if (/^HTTP\/1.1 4/.test(read)) tcp.destroy()
      if (!read.includes(text)) return
      tcp.off('data', onData)
      resolve()
    }
    tcp.on('data', onData)
    tcp.once('close', () => reject(new Error(`the connection ended: ${read.slice(0, 200)}`)))
  })
}

async function flood(tcp: Socket, bytes: Buffer, total: number): Promise<number> {
  let sent = 0
  const ended = new Promise((resolve) => tcp.once('close', resolve))
  while (sent < total && !tcp.destroyed) {
    const isTaken = tcp.write(bytes)
    sent += bytes.length
    if (!isTaken) await Promise.race([new Promise((resolve) => tcp.once('drain', resolve)), ended])
    else await new Promise((resolve) => setImmediate(resolve))
  }
  return sent
}
