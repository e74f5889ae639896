import type { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import * as ws from 'ws'
import { encodeTextFrame } from './ws-frame.ts'

// Exported, but not in its types.
const { Receiver } = ws as unknown as { Receiver: new (options: { isServer: boolean }) => Writable }

/** What `ws` reads from the bytes. */
function decode(bytes: Buffer): Promise<string> {
  const receiver = new Receiver({ isServer: false })
  return new Promise((resolve, reject) => {
    receiver.on('message', (data: Buffer, isBinary: boolean) =>
      isBinary ? reject(new Error('binary')) : resolve(data.toString()),
    )
    receiver.on('error', reject)
    receiver.write(bytes)
  })
}

describe('a frame made once', () => {
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 100_000])(
    'is read by ws as the same text, of %i bytes',
    async (length) => {
      const text = 'x'.repeat(length)
      expect(await decode(encodeTextFrame(text))).toBe(text)
    },
  )

  it('counts bytes, not characters', async () => {
    const text = '42["é","€","😀"]'.repeat(10)
    expect(await decode(encodeTextFrame(text))).toBe(text)
  })
})
