import type { ChannelName } from '@derm/contract'
import { describe, expect, it } from 'vitest'
import { FanOut } from './fan-out.ts'
import type { Member } from '../connection/member.ts'
import { encodeTextFrame } from './ws-frame.ts'

const A = 'tenant/t/patients' as ChannelName
const B = 'tenant/t/billing' as ChannelName

function createMember() {
  const writes: { raw: string; frames: string[] }[] = []
  const write = (raw: Buffer, frames: readonly string[]) =>
    void writes.push({ raw: raw.toString('hex'), frames: [...frames] })
  return { member: { write } as unknown as Member, writes }
}
const encode = (...frames: string[]) => Buffer.concat(frames.map(encodeTextFrame)).toString('hex')

describe('the fan-out', () => {
  it('[REC1] joins one turn’s frames of a channel into one write per member, in order', async () => {
    const fanOut = new FanOut()
    const { member, writes } = createMember()
    for (const frame of ['1', '2', '3']) fanOut.push(A, new Set([member]), frame)
    expect(writes).toEqual([])
    await Promise.resolve()
    expect(writes).toEqual([{ raw: encode('1', '2', '3'), frames: ['1', '2', '3'] }])
    fanOut.push(A, new Set([member]), '4')
    await Promise.resolve()
    expect(writes[1]).toEqual({ raw: encode('4'), frames: ['4'] })
  })

  it('[REC6] flushed before a member is added, what was before does not reach it', async () => {
    const fanOut = new FanOut()
    const [early, late] = [createMember(), createMember()]
    const members = new Set([early.member])
    fanOut.push(A, members, '1')
    fanOut.flush(A)
    members.add(late.member)
    fanOut.push(A, members, '2')
    await Promise.resolve()
    expect(early.writes.flatMap(({ frames }) => frames)).toEqual(['1', '2'])
    expect(late.writes.flatMap(({ frames }) => frames)).toEqual(['2'])
  })

  it('keeps channels apart, and a member that leaves another’s members alone', async () => {
    const fanOut = new FanOut()
    const [one, two] = [createMember(), createMember()]
    const members = new Set([one.member, two.member])
    fanOut.push(A, members, 'a')
    fanOut.push(B, new Set([two.member]), 'b')
    members.delete(one.member)
    await Promise.resolve()
    // Who left before the turn's end gets nothing any more. [SEC2]
    expect(one.writes).toEqual([])
    expect(two.writes.flatMap(({ frames }) => frames)).toEqual(['a', 'b'])
  })
})
