import type { ChannelName, Position } from '@derm/contract'
import type { LogEntry } from './event-log.ts'
import { addToPacket, decodePacket, encodePacket, encodeRawPacket, isPacket, isPacketOf } from './packet.ts'
import type { OutboxRow } from './outbox-row.ts'
import { SIGNATURE_LENGTH, type Sign, type Verify } from './signature.ts'

/**
 * The stored and published form of an event: a fixed prefix and a ready Socket.IO frame.
 *
 *     2 | epoch 16 | seq 16 digits | commit time 13 digits (ms) | signature 30 | 42["<type>",{<envelope>}]
 *
 * On the live path a node reads the prefix and hands the frame on: nothing is parsed or encoded again. The signature
 * covers the channel and all the rest, so that what somebody else writes into Redis is never delivered.
 */
const VERSION = '2'
const EPOCH = /^0[0-9a-f]{15}$/
const EPOCH_AT = 1
const SEQ_AT = EPOCH_AT + 16
const TIME_AT = SEQ_AT + 16
const SIGNATURE_AT = TIME_AT + 13
const FRAME_AT = SIGNATURE_AT + SIGNATURE_LENGTH

/** What is longer is no entry, to those who write and to those who read. */
export const MAX_ENTRY_LENGTH = 64 * 1024

export type Prefix = Position & {
  /** Milliseconds since 1970 at the flush. */
  at: number
}

/** The name of the frame that stands in for an event that cannot be delivered: clients take it as a resync. */
export const TOMBSTONE = 'resync'

export function encodeEntry(row: OutboxRow, sign: Sign): LogEntry {
  const envelope =
    `{"id":${JSON.stringify(row.id)},"type":${JSON.stringify(row.type)},"channel":${JSON.stringify(row.channel)},` +
    `"epoch":"${row.epoch}","seq":${row.seq},"at":"${new Date(row.at).toISOString()}"${membersOf(row.body)}}`
  return encodeFrame(row, encodeRawPacket(row.type, envelope), sign)
}

/** A tombstone keeps the place of an event that was rejected for good, so that the channel goes on without a gap. */
export function encodeTombstone(row: OutboxRow, sign: Sign): LogEntry {
  const { channel, epoch, seq } = row
  return encodeFrame(row, encodePacket(TOMBSTONE, { channel, epoch, seq }), sign)
}

function encodeFrame({ channel, epoch, seq, id, at }: OutboxRow, frame: string, sign: Sign): LogEntry {
  const head = VERSION + epoch + String(seq).padStart(16, '0') + String(at).padStart(13, '0')
  return { id, epoch, seq, bytes: head + sign(signedText(channel, head, frame)) + frame }
}

/** `{"a":1}` → `,"a":1`. @throws when the text is not an object: such an event is poison. */
function membersOf(body: string): string {
  const parsed: unknown = JSON.parse(body)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new Error('an event’s body is not an object')
  const text = JSON.stringify(parsed)
  return text === '{}' ? '' : `,${text.slice(1, -1)}`
}

/** `null` when these are not an entry's bytes. Cheap: nothing is parsed. */
export function readPrefix(bytes: string): Prefix | null {
  if (bytes.length <= FRAME_AT || bytes.length > MAX_ENTRY_LENGTH || bytes[0] !== VERSION || !isPacket(bytes, FRAME_AT))
    return null
  const seq = Number(bytes.slice(SEQ_AT, TIME_AT))
  const at = Number(bytes.slice(TIME_AT, SIGNATURE_AT))
  const epoch = bytes.slice(EPOCH_AT, SEQ_AT)
  if (!Number.isSafeInteger(seq) || seq < 1 || !Number.isSafeInteger(at) || !EPOCH.test(epoch)) return null
  return { epoch, seq, at }
}

export function isAuthentic(channel: ChannelName, bytes: string, verify: Verify): boolean {
  const text = signedText(channel, bytes.slice(0, SIGNATURE_AT), bytes.slice(FRAME_AT))
  return verify(text, bytes.slice(SIGNATURE_AT, FRAME_AT))
}

const signedText = (channel: ChannelName, head: string, frame: string) => `entry\n${channel}\n${head}${frame}`

/** The ready frame, as it goes out on a socket. */
export function frameOf(bytes: string): string {
  return bytes.slice(FRAME_AT)
}

export function isTombstone(bytes: string): boolean {
  return isPacketOf(TOMBSTONE, bytes, FRAME_AT)
}

/** Adds `spreadMs` to the frame's envelope: once per event and node. */
export function spliceSpread(frame: string, spreadMs: number): string {
  return addToPacket(frame, 'spreadMs', Math.round(spreadMs))
}

/** The envelope in a frame, for an acknowledgement. */
export function envelopeOf(frame: string): unknown {
  return decodePacket(frame)[1]
}
