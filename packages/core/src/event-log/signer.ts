import { createHmac } from 'node:crypto'
import type { Sign } from './frame.ts'

/** HMAC-SHA256, cut to 128 bit, in base64url: 22 characters. */
export function createSigner(secret: string): Sign {
  return (text) => createHmac('sha256', secret).update(text).digest('base64url').slice(0, 22)
}
