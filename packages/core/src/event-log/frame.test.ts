import type { ChannelName } from '@derm/contract'
import { describe, expect, it } from 'vitest'
import { createSigner } from './signer.ts'
import {
  encodeEntry,
  encodeTombstone,
  envelopeOf,
  frameOf,
  isAuthentic,
  isTombstone,
  readPrefix,
  spliceSpread,
} from './frame.ts'

const TENANT = '00000000-0000-4000-8000-00000000000a'
const channel = `${TENANT}/t/patients` as ChannelName
const other = `${TENANT}/t/billing` as ChannelName
const { sign, verify } = createSigner(
  [{ id: 'a-secret', secret: 'a secret of at least thirty-two characters' }],
  'event log',
)
const row = {
  channel,
  epoch: '0000000000010000',
  seq: 9_007_199_254_740_991,
  id: 'the-id',
  type: 'patient:updated',
  at: 1_800_000_000_123,
  body: '{"data":{"status":"ü„"},"actorId":"a"}',
}

describe('an entry’s bytes', () => {
  it('hold its position, its time and a ready Socket.IO frame', () => {
    const { bytes } = encodeEntry(row, sign)
    expect(readPrefix(bytes)).toEqual({ epoch: row.epoch, seq: row.seq, at: row.at })
    expect(frameOf(bytes)).toMatch(/^42\["patient:updated",\{.*\}\]$/)
    expect(envelopeOf(frameOf(bytes))).toEqual({
      id: 'the-id',
      type: 'patient:updated',
      channel,
      epoch: row.epoch,
      seq: row.seq,
      at: new Date(row.at).toISOString(),
      data: { status: 'ü„' },
      actorId: 'a',
    })
    expect(envelopeOf(spliceSpread(frameOf(bytes), 12.4))).toMatchObject({ id: 'the-id', spreadMs: 12 })
  })

  it('are not made of a body that is no object', () => {
    for (const body of ['not JSON', '[]', 'null', '"text"', '1'])
      expect(() => encodeEntry({ ...row, body }, sign), body).toThrow()
    expect(envelopeOf(frameOf(encodeEntry({ ...row, body: '{}' }, sign).bytes))).toMatchObject({ seq: row.seq })
  })

  it('[REL6] can stand for an event that was given up, at its place', () => {
    const { bytes } = encodeTombstone(row, sign)
    expect(isTombstone(bytes)).toBe(true)
    expect(isTombstone(encodeEntry(row, sign).bytes)).toBe(false)
    expect(readPrefix(bytes)).toMatchObject({ seq: row.seq })
    expect(isAuthentic(channel, bytes, verify)).toBe(true)
    expect(frameOf(bytes)).toBe(`42["resync",{"channel":"${channel}","epoch":"${row.epoch}","seq":${row.seq}}]`)
  })

  it('[HIS6] are refused once any character is another, or cut off, or in another channel', () => {
    const { bytes } = encodeEntry(row, sign)
    expect(isAuthentic(channel, bytes, verify)).toBe(true)
    expect(isAuthentic(other, bytes, verify)).toBe(false)
    expect(
      isAuthentic(
        channel,
        bytes,
        createSigner([{ id: 'a-secret', secret: 'another secret of thirty-two characters' }], 'event log').verify,
      ),
    ).toBe(false)
    for (let i = 0; i < bytes.length; i++) {
      const forged = bytes.slice(0, i) + (bytes[i] === '7' ? '8' : '7') + bytes.slice(i + 1)
      expect(readPrefix(forged) !== null && isAuthentic(channel, forged, verify), `character ${i}`).toBe(false)
      const cut = bytes.slice(0, i)
      expect(readPrefix(cut) !== null && isAuthentic(channel, cut, verify), `cut at ${i}`).toBe(false)
    }
  })

  it('[HIS6] are not read from garbage', () => {
    const { bytes } = encodeEntry(row, sign)
    for (const foreign of [
      '',
      '2',
      'x'.repeat(500),
      bytes.slice(1),
      `1${bytes.slice(1)}`,
      bytes.replace('42["', '43["'),
    ])
      expect(readPrefix(foreign), foreign.slice(0, 20)).toBeNull()
    for (const seq of ['0000000000000000', '-000000000000001', '99999999999999999'.slice(1), 'aaaaaaaaaaaaaaaa'])
      expect(readPrefix(bytes.slice(0, 17) + seq + bytes.slice(33)), seq).toBeNull()
  })
})
