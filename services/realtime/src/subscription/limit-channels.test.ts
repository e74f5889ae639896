import type { ChannelName, Position } from '@derm/contract'
import { describe, expect, it } from 'vitest'
import { limitChannels } from './limit-channels.ts'

const tenant = crypto.randomUUID()
const locations = Array.from({ length: 2_000 }, () => crypto.randomUUID())
const channelOf = (location: string, topic = 'scheduling') => `${tenant}/l:${location}/${topic}` as ChannelName
const cursor: Position = { epoch: '0000000000010000', seq: 1 }
const all = locations.map((location) => ({ channel: channelOf(location), cursor: undefined }))

describe('[SES28] of more channels than a socket may have', () => {
  it('as many are served as may be, and the others are named, each', () => {
    const { served, denied } = limitChannels(all, new Set(), 500)
    expect(served).toEqual(all.slice(0, 500))
    expect(denied).toHaveLength(1_500)
    expect(denied[0]).toEqual({ topic: 'scheduling', location: locations[500], code: 'too_many_channels' })
  })

  it('what the socket has stays, and what it has followed comes first', () => {
    const present = new Set(all.slice(1_000, 1_499).map(({ channel }) => channel))
    const followed = { channel: channelOf(locations[1_700]!), cursor }
    const wanted = all.map((one) => (one.channel === followed.channel ? followed : one))
    const { served, denied } = limitChannels(wanted, present, 500)
    expect(served.map(({ channel }) => channel)).toEqual([...present, followed.channel])
    expect(denied).toHaveLength(1_500)
  })

  it('nothing more is served, and nothing ended, by a socket that has them all', () => {
    const present = new Set(all.slice(0, 500).map(({ channel }) => channel))
    expect(limitChannels(all, present, 500).served).toHaveLength(500)
    expect(limitChannels([{ channel: `${tenant}/t/patients` as ChannelName }], present, 500)).toEqual({
      served: [],
      denied: [{ topic: 'patients', code: 'too_many_channels' }],
    })
  })

  it('thousands are named by their topics: the answer would not fit otherwise', () => {
    const tasks = locations.map((location) => ({ channel: channelOf(location, 'tasks'), cursor: undefined }))
    const { served, denied } = limitChannels([...all, ...tasks], new Set(), 500)
    expect(served).toHaveLength(500)
    expect(denied).toEqual(
      ['scheduling', 'tasks'].map((topic) => ({ topic, location: '*', code: 'too_many_channels' })),
    )
  })
})
