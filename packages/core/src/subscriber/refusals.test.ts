import { ERRORS, type ClientAction, type ErrorCode } from '@derm/contract'
import { describe, expect, it } from 'vitest'
import { settle } from '../testing/manual-clock.ts'
import { EPOCH, NORTH, SOUTH, TENANT, north, setUp, south } from './test-line.ts'

const CODES = Object.keys(ERRORS) as ErrorCode[]

/** What is seen a minute later. */
type Seen = { status: string; connections: number; renewals: number; requests: number }

describe('[SUB20] a refusal is acted on as its code says', () => {
  const BY_HANDSHAKE: Record<ClientAction, Partial<Seen>> = {
    fix: { status: 'stopped', connections: 1, renewals: 0 },
    reload: { status: 'stopped', connections: 1, renewals: 0 },
    stop: { status: 'stopped', connections: 1, renewals: 0 },
    refresh: { status: 'catching_up', connections: 2, renewals: 1 },
    backoff: { status: 'catching_up', connections: 2, renewals: 0 },
  }

  it.each(CODES)('of a handshake: %s', async (code) => {
    const { line, clock, subscriber, status, renewals } = setUp()
    subscriber.start()
    subscriber.retain({ topic: 'scheduling' })
    await settle()
    line.handlers!.onRefused(code)
    await clock.advance(20_000)
    if (line.tokens.length > 1) line.handlers?.onConnect()
    expect({ status: status(), connections: line.tokens.length, renewals: renewals() }).toEqual(
      BY_HANDSHAKE[ERRORS[code].client],
    )
  })

  it.each(CODES)('of an ending: %s', async (code) => {
    const { line, clock, status, connect, renewals } = setUp()
    await connect()
    line.say('closing', { code })
    line.handlers!.onDisconnect()
    await clock.advance(20_000)
    if (line.tokens.length > 1) line.handlers?.onConnect()
    expect({ status: status(), connections: line.tokens.length, renewals: renewals() }).toEqual(
      BY_HANDSHAKE[ERRORS[code].client],
    )
  })

  const BY_ANSWER: Record<ClientAction, Partial<Seen>> = {
    // The request was wrong, and not the connection: it goes on, and what was refused is told.
    fix: { status: 'live', connections: 1, renewals: 0, requests: 1 },
    reload: { status: 'stopped', connections: 1, renewals: 0, requests: 1 },
    stop: { status: 'stopped', connections: 1, renewals: 0, requests: 1 },
    refresh: { status: 'catching_up', connections: 2, renewals: 1, requests: 2 },
    // Twice more on the same connection.
    backoff: { status: 'catching_up', connections: 1, renewals: 0, requests: 2 },
  }

  it.each(CODES)('of a subscription: %s', async (code) => {
    const { line, clock, subscriber, status, renewals } = setUp()
    subscriber.start()
    subscriber.retain({ topic: 'scheduling' })
    await settle()
    line.handlers!.onConnect()
    line.refuse(code)
    await clock.advance(20_000)
    if (line.tokens.length > 1) line.handlers?.onConnect()
    const seen = { status: status(), connections: line.tokens.length, renewals: renewals() }
    expect({ ...seen, requests: line.asked.length }).toEqual(BY_ANSWER[ERRORS[code].client])
    expect(subscriber.deniedOf({ topic: 'scheduling' })).toEqual(
      ERRORS[code].client === 'fix' ? [{ topic: 'scheduling', code }] : [],
    )
  })

  const BY_REFRESH: Record<ClientAction, Partial<Seen>> = {
    fix: { status: 'live', connections: 1, renewals: 1 },
    backoff: { status: 'live', connections: 1, renewals: 1 },
    reload: { status: 'stopped', connections: 1, renewals: 1 },
    stop: { status: 'stopped', connections: 1, renewals: 1 },
    refresh: { status: 'catching_up', connections: 2, renewals: 2 },
  }

  it.each(CODES)('of a new token: %s', async (code) => {
    const { line, clock, connect, status, renewals } = setUp()
    await connect()
    line.say('auth:expiring', { expiresInMs: 30_000 })
    await settle()
    expect(line.asked.at(-1)).toMatchObject({ name: 'auth:refresh', body: { token: 'refreshed' } })
    line.refuse(code)
    await clock.advance(20_000)
    if (line.tokens.length > 1) line.handlers?.onConnect()
    expect({ status: status(), connections: line.tokens.length, renewals: renewals() }).toEqual(
      BY_REFRESH[ERRORS[code].client],
    )
  })

  it('what says later for a third time is tried on another connection', async () => {
    const { line, clock, subscriber } = setUp()
    subscriber.start()
    subscriber.retain({ topic: 'scheduling' })
    await settle()
    line.handlers!.onConnect()
    for (let i = 0; i < 3; i++) {
      line.refuse('rate_limited')
      await clock.advance(2000)
    }
    expect(line.asked).toHaveLength(3)
    expect(line.tokens).toHaveLength(2)
  })
})

describe('[SUB24] a token is renewed only while it is the current one', () => {
  it('a handshake is refused with a token that somebody has renewed already', async () => {
    const { line, clock, subscriber, setToken, renewals } = setUp()
    subscriber.start()
    await settle()
    setToken('of another')
    line.handlers!.onRefused('token_expired')
    await clock.advance(20_000)
    expect(line.tokens).toEqual(['first', 'of another'])
    expect(renewals()).toBe(0)
  })
})

describe('[SUB21] a subscription goes out in parts', () => {
  const place = (i: number) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`
  const channelAt = (i: number) => `${TENANT}/l:${place(i)}/scheduling`
  const sizes = (asked: { body: object }[]) => asked.map(({ body }) => JSON.stringify(body).length)
  const answer = (i: number, seq: number, more: object = {}) => ({ channel: channelAt(i), epoch: EPOCH, seq, ...more })

  it.each([1000, 2000])('of a size that a node takes, with %i cursors of one interest', async (count) => {
    const { line, subscriber, connect, reconnect, told, status } = setUp()
    await connect()
    line.say('access:changed', { added: [channelAt(1)], removed: [] })
    line.ack(...Array.from({ length: count }, (_, i) => answer(i, 5)))
    expect(subscriber.cursors.size).toBe(count)
    told.length = 0
    line.asked.length = 0
    await reconnect()
    for (let part = 0; part < line.asked.length; part++) {
      const cursors = line.asked[part]!.body.channels![0]!.cursors!
      // Each part names all channels; those whose cursor it does not carry are answered with their heads.
      line.ack(
        ...Array.from({ length: count }, (_, i) =>
          answer(i, 6, cursors[channelAt(i)] ? { status: 'recovered', events: [line.event(6, channelAt(i))] } : {}),
        ),
      )
    }
    expect(Math.max(...sizes(line.asked))).toBeLessThan(65_536)
    expect(line.asked.length).toBeGreaterThan(2)
    // Each event once, and no position taken for one.
    expect(told).toHaveLength(count)
    expect(told.filter((one) => !/^(south )?6$/.test(one))).toEqual([])
    expect(status()).toBe('live')
  })

  it('with no more interests than a node takes at once', async () => {
    const { line, subscriber } = setUp()
    subscriber.start()
    for (let i = 0; i < 250; i++) subscriber.retain({ topic: 'scheduling', location: place(i) })
    await settle()
    line.handlers!.onConnect()
    for (let part = 0; part < 3; part++) if (line.asked[part]) line.ack()
    expect(line.asked.map(({ body }) => body.channels!.length)).toEqual([100, 100, 50])
  })
})

describe('[SUB29] a denial is told to each interest that it touches', () => {
  const STAR = { topic: 'scheduling', location: '*', code: 'too_many_channels' }
  const ONE = { topic: 'scheduling', location: SOUTH, code: 'too_many_channels' }
  const UNKNOWN = { ...ONE, code: 'unknown_channel' }
  const TENANT_WIDE = { topic: 'patients', location: '*', code: 'too_many_channels' }
  const ofAll = { topic: 'scheduling' } as const
  const ofNorth = { topic: 'scheduling', location: NORTH } as const
  const ofSouth = { topic: 'scheduling', location: SOUTH } as const
  const ofPatients = { topic: 'patients', location: NORTH } as const

  it.each([
    ['of all locations, by a star', STAR, [ofAll, ofNorth, ofSouth], [ofPatients]],
    ['of all locations, by none', { topic: 'scheduling', code: 'internal' }, [ofAll, ofNorth, ofSouth], [ofPatients]],
    ['of one location, by a limit', ONE, [ofAll, ofSouth], [ofNorth, ofPatients]],
    ['of one location that may not be seen', UNKNOWN, [ofSouth], [ofAll, ofNorth, ofPatients]],
    ['of a tenant’s topic, with a location', TENANT_WIDE, [ofPatients], [ofAll, ofNorth, ofSouth]],
    ['of a tenant’s topic, without', { ...TENANT_WIDE, location: undefined }, [ofPatients], [ofAll, ofNorth]],
  ] as const)('%s', async (_, denied, told, others) => {
    for (const all of [{}, { location: '*' }]) {
      const { line, subscriber } = setUp()
      subscriber.start()
      for (const interest of [{ ...ofAll, ...all }, ofNorth, ofSouth, ofPatients]) subscriber.retain(interest)
      await settle()
      line.handlers!.onConnect()
      line.deny([denied], { seq: 1 }, { channel: south, seq: 1 }, { channel: `${TENANT}/t/patients`, seq: 1 })
      for (const interest of told) expect(subscriber.deniedOf(interest), JSON.stringify(interest)).toEqual([denied])
      for (const interest of others) expect(subscriber.deniedOf(interest), JSON.stringify(interest)).toEqual([])
      for (const interest of told) expect(subscriber.isServed(interest), JSON.stringify(interest)).toBe(false)
      for (const interest of others) expect(subscriber.isServed(interest), JSON.stringify(interest)).toBe(true)
    }
  })

  it('[SUB30] access that is taken away is a denial, until it is given again', async () => {
    const { line, clock, subscriber, connect } = setUp()
    await connect()
    subscriber.retain(ofNorth)
    await clock.advance(1)
    line.ack({ seq: 10 })
    expect(subscriber.isServed(ofNorth)).toBe(true)
    line.say('access:changed', { added: [], removed: [north] })
    for (const interest of [ofAll, ofNorth]) {
      expect(subscriber.deniedOf(interest)).toEqual([{ ...interest, code: 'unknown_channel' }])
      expect(subscriber.isServed(interest)).toBe(false)
    }
    line.say('access:changed', { added: [north], removed: [] })
    line.ack({ seq: 11 })
    for (const interest of [ofAll, ofNorth]) {
      expect(subscriber.deniedOf(interest)).toEqual([])
      expect(subscriber.isServed(interest)).toBe(true)
    }
  })

  it('[SUB30] access to one of several locations takes nothing of an interest in all', async () => {
    const { line, subscriber, connect } = setUp()
    await connect()
    line.say('access:changed', { added: [south], removed: [] })
    line.ack({ seq: 10 }, { channel: south, seq: 3 })
    line.say('access:changed', { added: [], removed: [south] })
    expect(subscriber.deniedOf(ofAll)).toEqual([])
    expect(subscriber.isServed(ofAll)).toBe(true)
  })

  it('what nobody has answered, or asked for, is not served', async () => {
    const { line, clock, subscriber, connect } = setUp()
    await connect()
    expect(subscriber.isServed(ofPatients)).toBe(false)
    subscriber.retain(ofPatients)
    await clock.advance(1)
    expect(subscriber.isServed(ofPatients)).toBe(false)
    line.ack({ seq: 10 }, { channel: `${TENANT}/t/patients`, seq: 1 })
    expect(subscriber.isServed(ofPatients)).toBe(true)
    // A location of what is subscribed as a whole.
    expect(subscriber.isServed(ofNorth)).toBe(true)
    expect(subscriber.isServed(ofSouth)).toBe(false)
  })
})

describe('[SUB22] a limit', () => {
  it('what is refused together is asked for apart: all but what is wrong is served', async () => {
    const { line, subscriber, status } = setUp()
    subscriber.start()
    const places = Array.from({ length: 8 }, (_, i) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`)
    for (const location of places) subscriber.retain({ topic: 'scheduling', location })
    await settle()
    line.handlers!.onConnect()
    for (let i = 0; i < line.asked.length; i++) {
      const asked = line.asked[i]!.body.channels!
      if (asked.some(({ location }) => location === places[5])) line.refuse('too_many_channels')
      else line.ack(...asked.map(({ location }) => ({ channel: `${TENANT}/l:${location!}/scheduling`, seq: 1 })))
    }
    expect(line.asked).toHaveLength(7)
    expect(subscriber.cursors.size).toBe(7)
    expect(subscriber.deniedOf({ topic: 'scheduling', location: places[5]! })).toMatchObject([
      { code: 'too_many_channels' },
    ])
    expect(status()).toBe('live')
    expect(line.tokens).toHaveLength(1)
  })

  it('leaves a part out: it is told, and what was left out is not taken for removed', async () => {
    const { line, subscriber, told, connect, reconnect, status } = setUp()
    await connect()
    line.say('access:changed', { added: [south], removed: [] })
    line.ack({ seq: 10 }, { channel: south, seq: 3 })
    told.length = 0
    await reconnect()
    line.deny([{ topic: 'scheduling', location: SOUTH, code: 'too_many_channels' }], { seq: 10, status: 'recovered' })
    expect(told).toEqual([])
    expect([...subscriber.cursors.keys()]).toEqual([north])
    expect(subscriber.deniedOf({ topic: 'scheduling' })).toEqual([
      { topic: 'scheduling', location: SOUTH, code: 'too_many_channels' },
    ])
    expect(subscriber.deniedOf({ topic: 'scheduling', location: NORTH })).toEqual([])
    expect(status()).toBe('live')
  })
})
