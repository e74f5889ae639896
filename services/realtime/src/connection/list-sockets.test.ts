import { MAX_LISTED_CHANNELS, MAX_LISTED_SOCKETS, SocketAnswer } from '@derm/contract'
import { MAX_MESSAGE_BYTES } from '@derm/core/redis'
import { describe, expect, it } from 'vitest'
import { listSockets } from './list-sockets.ts'

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const [ours, theirs] = [id(1), id(2)]
const memberOf = (tenantId: string, userId: string, connectedAt: number, channels: string[] = []) =>
  ({ tenantId, userId, sessionId: id(90), connectedAt, askedAt: connectedAt, channels: new Set(channels) }) as any
const holding = (members: any[]) =>
  ({ all: () => members, ofUser: (user: string) => members.filter(({ userId }) => userId === user) }) as any

describe('[OPS48] a node lists the sockets of the tenant that is asked for', () => {
  const members = holding([memberOf(ours, id(10), 5), memberOf(theirs, id(11), 6), memberOf(ours, id(12), 7)])

  it('and of no other, the newest first', () => {
    const answer = listSockets(members, 'node-1', { tenantId: ours }, 10)
    expect(answer?.count).toBe(2)
    expect(answer?.sockets.map(({ userId, connectedForMs }) => [userId, connectedForMs])).toEqual([
      [id(12), 3],
      [id(10), 5],
    ])
  })

  it('also when another tenant’s user is named', () => {
    expect(listSockets(members, 'node-1', { tenantId: ours, userId: id(11) })).toMatchObject({ count: 0, sockets: [] })
  })

  it.each([[undefined], [{}], [{ tenantId: '' }], [{ tenantId: ours, userId: '*' }], [{ tenantId: ours, all: true }]])(
    'and nothing for %j',
    (question) => expect(listSockets(members, 'node-1', question)).toBeNull(),
  )
})

it('[OPS49] a node’s answer says how many there are, and fits into a message whatever they follow', () => {
  const channels = Array.from({ length: 500 }, (_, i) => `${ours}/l:${id(i)}/authorizations`)
  const many = Array.from({ length: MAX_LISTED_SOCKETS + 50 }, (_, i) => memberOf(ours, id(i), i, channels))
  const answer = listSockets(holding(many), 'node-1', { tenantId: ours })
  expect(answer?.count).toBe(MAX_LISTED_SOCKETS + 50)
  expect(answer?.sockets).toHaveLength(MAX_LISTED_SOCKETS)
  expect(answer?.sockets[0]).toMatchObject({ channelCount: 500 })
  expect(answer?.sockets[0]?.channels).toHaveLength(MAX_LISTED_CHANNELS)
  expect(SocketAnswer.safeParse(answer).success).toBe(true)
  expect(JSON.stringify(answer).length).toBeLessThan(MAX_MESSAGE_BYTES / 2)
})
