import { describe, expect, it } from 'vitest'
import { EVERY_SHARD } from '../event-log/shard.ts'
import { caughtUpKey, headsKey, historyKey, probeName, pubSubName } from './keys.ts'
import { hashTag, slotOf } from './redis-client.ts'

describe('[OPS35] in a Cluster', () => {
  it('a slot is the one that the specification says', () => {
    expect(slotOf('123456789')).toBe(0x31c3)
    expect(slotOf('foo')).toBe(12_182)
  })

  it('all that one script touches or publishes is in one slot', () => {
    for (let i = 0; i < 64; i++) {
      const channel = `00000000-0000-4000-8000-${String(i).padStart(12, '0')}/t/scheduling`
      const tag = hashTag(historyKey(channel))
      expect(hashTag(pubSubName(channel))).toBe(tag)
      for (const name of [headsKey, caughtUpKey, probeName]) expect(hashTag(name(Number(tag)))).toBe(tag)
    }
  })

  it('each shard has a slot of its own, so that they spread over the servers', () => {
    expect(new Set(EVERY_SHARD.map((shard) => slotOf(String(shard)))).size).toBe(EVERY_SHARD.length)
  })
})
