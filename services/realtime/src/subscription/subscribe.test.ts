import type { ChannelName, LocationId, SubscribeAck } from '@derm/contract'
import type { ChannelHub, Joined } from '@derm/core/node'
import { describe, expect, it } from 'vitest'
import { AccessRow } from '../access/access-row.ts'
import { changeAccess, type AccessChangeContext } from './access-change.ts'
import type { Member } from '../connection/member.ts'
import { subscribe } from './subscribe.ts'
import { UserBudgets } from './user-budgets.ts'
import type { SubscribeContext } from './subscribe-context.ts'
import { unsubscribe } from './unsubscribe.ts'

const [tenant, user, session] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()]
const [north, south] = [crypto.randomUUID(), crypto.randomUUID()] as LocationId[]
const channelOf = (location: string) => `${tenant}/l:${location}/scheduling` as ChannelName

function rowOf(locations: readonly string[], version: number): AccessRow {
  return AccessRow.parse({
    user_id: user,
    tenant_id: tenant,
    version,
    active: true,
    grants: locations.map((locationId) => ({ role: 'front_desk', locationId })),
    locations: [north, south],
    ended_sessions: [],
  })
}

/** A member whose subscription is being prepared until `finish` is called: the log takes its time. */
function setUp() {
  let row = rowOf([north!], 1)
  const gates: (() => void)[] = []
  const told: unknown[] = []
  const hub = {
    async join(requests: readonly { channel: ChannelName }[], admit: (joined: Joined[]) => unknown) {
      await new Promise<void>((resolve) => gates.push(resolve))
      const position = { epoch: '0000000000010000', seq: 1 }
      return admit(requests.map(({ channel }) => ({ channel, status: 'live', position, frames: [] })))
    },
    add() {},
    leave() {},
  } as unknown as ChannelHub<Member>
  const member = {
    ...{ tenantId: tenant, userId: user, sessionId: session, isClosed: false },
    ...{ channels: new Set(), interests: new Map(), underWay: new Set() },
    socket: { emit: (name: string, body: unknown) => told.push([name, body]) },
  } as unknown as Member
  const context = {
    ...{ nodeName: 'test', hub, maxChannels: 10, timeoutMs: 10_000, maxAnswerBytes: 1000, roomFor: () => 1_000_000 },
    budgets: new UserBudgets({ burst: 1e9, rate: 1 }),
    lagNotice: { tell: () => {} },
    ...{ fanOut: { flush() {} }, access: { isConfirmed: () => true, get: () => row } },
  } as unknown as SubscribeContext
  const metrics = { revocations: { inc() {} }, revocationSeconds: { observe() {} } }
  const finish = () => gates.splice(0).forEach((open) => open())
  return {
    context,
    member,
    told,
    finish,
    async subscribe(channels: object[], meanwhile = () => {}): Promise<SubscribeAck> {
      let ack: SubscribeAck | undefined
      const done = subscribe(context, member, { channels }, (answer) => (ack = answer))
      meanwhile()
      finish()
      await done
      return ack!
    },
    grant(locations: readonly string[]) {
      row = rowOf(locations, row.version + 1)
      changeAccess(
        { members: { ofUser: () => [member] }, hub, metrics, maxChannels: 10 } as unknown as AccessChangeContext,
        row.userId,
        row,
      )
    },
  }
}

const channelsOf = (ack: SubscribeAck) => (ack.ok ? ack.channels.map(({ channel }) => channel) : [])

describe('a subscription', () => {
  it('[SES11] announces what was granted while it was being prepared, behind its answer', async () => {
    const { subscribe, grant, told } = setUp()
    const ack = await subscribe([{ topic: 'scheduling' }], () => grant([north!, south!]))
    expect(channelsOf(ack)).toEqual([channelOf(north!)])
    expect(told).toEqual([['access:changed', { added: [channelOf(south!)], removed: [] }]])
  })

  it('[SES10] does not announce what was let go meanwhile', async () => {
    const { subscribe, context, member, told } = setUp()
    const ack = await subscribe([{ topic: 'scheduling' }], () =>
      unsubscribe(context, member, { channels: [channelOf(north!)] }),
    )
    expect(channelsOf(ack)).toEqual([])
    expect(told).toEqual([])
  })

  it('[SES11] to a topic of the tenant at a location is nothing, and is not announced for ever', async () => {
    const { subscribe, grant, told } = setUp()
    expect(channelsOf(await subscribe([{ topic: 'patients', location: north }]))).toEqual([])
    grant([north!, south!])
    expect(told).toEqual([])
  })

  it('[SES11] [SES28] remembers no more than a socket may have, whatever is denied, and refuses nothing for it', async () => {
    const { subscribe, member } = setUp()
    const ask = (count: number) =>
      subscribe(Array.from({ length: count }, () => ({ topic: 'scheduling', location: crypto.randomUUID() })))
    expect((await ask(10)).ok).toBe(true)
    expect((await ask(1)).ok).toBe(true)
    expect(member.interests.size).toBe(10)
    expect(channelsOf(await subscribe([{ topic: 'scheduling', location: north }]))).toEqual([channelOf(north!)])
  })

  it('[SES28] beside others of the same socket gets no more than fits when it is answered', async () => {
    const { context, member, finish } = setUp()
    context.maxChannels = 1
    member.interests.clear()
    const acks: SubscribeAck[] = []
    const asking = ['scheduling', 'patients', 'safety'].map((topic) =>
      subscribe(context, member, { channels: [{ topic }] }, (ack) => acks.push(ack)),
    )
    finish()
    await Promise.all(asking)
    expect(acks.map((ack) => [channelsOf(ack).length, ack.ok && ack.denied.map(({ code }) => code)])).toEqual([
      [1, []],
      [0, ['too_many_channels']],
      [0, ['unknown_channel']],
    ])
    expect(member.channels.size).toBe(1)
  })

  it('[SES28] tells of nothing new that it could not be given', async () => {
    const { context, subscribe, grant, told, member } = setUp()
    context.maxChannels = 1
    await subscribe([{ topic: 'scheduling' }], () => grant([north!, south!]))
    expect([member.channels.size, told]).toEqual([1, []])
  })

  it('[SES24] is refused when the socket has eight that are not answered yet, and ends none of them', async () => {
    const { context, member, finish } = setUp()
    const acks: SubscribeAck[] = []
    const ask = () => subscribe(context, member, { channels: [{ topic: 'scheduling' }] }, (ack) => acks.push(ack))
    const asking = Array.from({ length: 8 }, ask)
    await expect(ask()).rejects.toMatchObject({ code: 'rate_limited' })
    finish()
    await Promise.all(asking)
    expect(acks.map(({ ok }) => ok)).toEqual(Array(8).fill(true))
  })
})
