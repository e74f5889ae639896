import { getSeedIds } from '@derm/database'
import { OPCODE, maskedFrame } from '../raw-socket.ts'

const { text, binary, ping, pong, continuation } = OPCODE
const { lakeside } = getSeedIds()

/** What one connection sends without end, and does not read the answers to. */
export type Flood = {
  name: string
  /** Sent once. */
  first?: Buffer
  /** Sent again and again. */
  then: Buffer
  /** It makes sense only to a member. */
  needsToken?: true
}

const many = (frame: Buffer, bytes = 65_536) =>
  Buffer.concat(Array<Buffer>(Math.ceil(bytes / frame.length)).fill(frame))
const body = (size: number) => 'x'.repeat(size)
const subscribe = `42${Date.now()}["subscribe",{"channels":[{"topic":"scheduling"},{"topic":"patients"}]}]`

export const FLOODS: readonly Flood[] = [
  { name: 'pings', then: many(maskedFrame(ping, body(125))) },
  { name: 'empty pings', then: many(maskedFrame(ping)) },
  { name: 'pongs that nobody asked for', then: many(maskedFrame(pong, body(125))) },
  {
    name: 'fragments of a message that never ends',
    first: maskedFrame(text, '42["subscribe","', false),
    then: many(maskedFrame(continuation, 'x', false)),
  },
  {
    name: 'empty fragments of a message that never ends',
    first: maskedFrame(text, '', false),
    then: many(maskedFrame(continuation, '', false)),
  },
  {
    name: 'pings between the fragments of a message',
    first: maskedFrame(text, '42["', false),
    then: many(
      Buffer.concat([maskedFrame(continuation, 'x', false), ...Array<Buffer>(20).fill(maskedFrame(ping, body(125)))]),
    ),
  },
  { name: 'heartbeats of Engine.IO', then: many(maskedFrame(text, '3')) },
  { name: 'empty messages of Engine.IO', then: many(maskedFrame(text, '6')) },
  { name: 'requests for namespaces that do not exist', then: many(maskedFrame(text, `40/${body(200)},{}`)) },
  { name: 'handshakes without a token', then: many(maskedFrame(text, '40{}')) },
  {
    name: 'attachments of a message',
    first: maskedFrame(text, '459-["subscribe",{"_placeholder":true,"num":0}]'),
    then: maskedFrame(binary, Buffer.alloc(90_000)),
  },
  {
    name: 'small requests that want an answer',
    then: many(maskedFrame(text, '421["subscribe",{}]')),
    needsToken: true,
  },
  { name: 'good requests that want an answer', then: many(maskedFrame(text, subscribe)), needsToken: true },
  {
    name: 'answers to what nobody asked',
    then: many(maskedFrame(text, `431["${lakeside.tenantId}"]`)),
    needsToken: true,
  },
  { name: 'events that nobody handles', then: many(maskedFrame(text, `42["${body(100)}"]`)), needsToken: true },
]
