import { encodePacket } from '@derm/core'
import type { Member } from '../connection/member.ts'
import { encodeTextFrame } from './ws-frame.ts'

/** A message of this node's own, encoded once for all who get it. */
export type ReadyPacket = { packet: string; raw: Buffer }

export function preparePacket(name: string, body: unknown): ReadyPacket {
  const packet = encodePacket(name, body)
  return { packet, raw: encodeTextFrame(packet) }
}

export function writePacket(member: Member, { packet, raw }: ReadyPacket): void {
  member.write(raw, [packet])
}
