import { randomBytes } from 'node:crypto'
import { SIGNATURE_LENGTH, type Signer } from '../event-log/signature.ts'

/**
 * A message between servers, on its way through Redis:
 *
 *     1 | sender 8 bytes | its count 6 bytes | sent at 6 bytes (ms) | signature 30 | payload
 *
 * The signature covers the pub/sub name and all the rest. Whoever can publish in Redis can neither make a message, nor repeat one, nor send
 * it under another name. [SEC25]
 */
const VERSION = 1
const SENDER_AT = 1
const COUNT_AT = SENDER_AT + 8
const TIME_AT = COUNT_AT + 6
const SIGNATURE_AT = TIME_AT + 6
const PAYLOAD_AT = SIGNATURE_AT + SIGNATURE_LENGTH

/** A message may be under way for this long, the difference of two servers' clocks included: two minutes of it. [SEC46] */
export const FRESH_MS = 150_000

/** Of a payload. Who writes a larger one is told so; who reads one does not look into it. */
export const MAX_MESSAGE_BYTES = 1024 * 1024

export type SealFault = 'malformed' | 'forged' | 'stale' | 'repeated'

/** Seals what one process publishes on one connection, in order. */
export class MessageSeal {
  private readonly sender = randomBytes(COUNT_AT - SENDER_AT)
  private count = 0

  constructor(
    private readonly signer: Pick<Signer, 'sign'>,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws when the payload is larger than any reader takes. */
  seal(name: string, payload: Buffer): Buffer {
    if (payload.length > MAX_MESSAGE_BYTES)
      throw new Error(`a message between servers has ${MAX_MESSAGE_BYTES} bytes at most`)
    const header = Buffer.alloc(SIGNATURE_AT)
    header[0] = VERSION
    this.sender.copy(header, SENDER_AT)
    header.writeUIntBE(++this.count, COUNT_AT, 6)
    header.writeUIntBE(this.now(), TIME_AT, 6)
    return Buffer.concat([header, Buffer.from(this.signer.sign(signedBytes(name, header, payload))), payload])
  }
}

/**
 * Opens what came on one connection. Of each sender it takes each message once, and none that is older than one that it took. What was sealed
 * before it began may have been taken by a process before this one, which nobody remembers: it takes none of that. [SEC47]
 */
export class SealCheck {
  private readonly taken = new Map<string, { count: number; at: number }>()
  private readonly beganAt: number

  constructor(
    private readonly signer: Pick<Signer, 'verify'>,
    private readonly now: () => number = Date.now,
  ) {
    this.beganAt = now()
  }

  /** @returns the payload, or why there is none. */
  open(name: string, bytes: Buffer): Buffer | SealFault {
    if (bytes.length < PAYLOAD_AT || bytes.length > PAYLOAD_AT + MAX_MESSAGE_BYTES || bytes[0] !== VERSION)
      return 'malformed'
    const header = bytes.subarray(0, SIGNATURE_AT)
    const payload = bytes.subarray(PAYLOAD_AT)
    const signature = bytes.toString('latin1', SIGNATURE_AT, PAYLOAD_AT)
    if (!this.signer.verify(signedBytes(name, header, payload), signature)) return 'forged'
    const now = this.now()
    const sealedAt = header.readUIntBE(TIME_AT, 6)
    if (sealedAt < this.beganAt || Math.abs(now - sealedAt) > FRESH_MS) return 'stale'
    return this.isRepeated(header, now) ? 'repeated' : payload
  }

  private isRepeated(header: Buffer, now: number): boolean {
    const sender = header.toString('hex', SENDER_AT, COUNT_AT)
    const count = header.readUIntBE(COUNT_AT, 6)
    const before = this.taken.get(sender)
    if (before && count <= before.count) return true
    if (!before) this.forget(now)
    this.taken.set(sender, { count, at: now })
    return false
  }

  /** What a sender that is long silent had sent is stale by now. */
  private forget(now: number): void {
    for (const [sender, { at }] of this.taken) if (now - at > 3 * FRESH_MS) this.taken.delete(sender)
  }
}

const signedBytes = (name: string, header: Buffer, payload: Buffer) =>
  Buffer.concat([Buffer.from(`message\n${name}\n`), header, payload])
