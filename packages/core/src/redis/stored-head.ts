import { isPlausibleEpoch, type ChannelName, type Position } from '@derm/contract'
import type { Sign, Signer } from '../event-log/signature.ts'
import { HEAD } from './head.lua.ts'

/** What tells our heads from others': the keys, and the clock. */
export type HeadCheck = Pick<Signer, 'verify'> & { now(): number }

export function encodeHead(channel: ChannelName, { epoch, seq }: Position, sign: Sign): string {
  return `${epoch}:${seq}:${sign(signedText(channel, epoch, String(seq)))}`
}

/** `null` for what this system did not sign for this channel, and for an epoch far ahead of the clock: as good as unknown. [SEC20] [SEC21] */
export function readHead(channel: ChannelName, text: string | null | undefined, check: HeadCheck): Position | null {
  const [, epoch, digits, signature] = (text && HEAD.exec(text)) || []
  if (epoch === undefined || digits === undefined || signature === undefined) return null
  const seq = Number(digits)
  if (!Number.isSafeInteger(seq) || !isPlausibleEpoch(epoch, check.now())) return null
  return check.verify(signedText(channel, epoch, digits), signature) ? { epoch, seq } : null
}

const signedText = (channel: ChannelName, epoch: string, seq: string) => `head\n${channel}\n${epoch}:${seq}`
