import type { EventEnvelope } from '@derm/contract'
import { describe, expect, it } from 'vitest'
import { settle } from '../testing/manual-clock.ts'
import { EPOCH, LATER, NORTH, SOUTH, TENANT, event, north, setUp, south } from './test-line.ts'

describe('the subscriber', () => {
  it('[SUB13] asks again where an event, a resync or a change of access cannot be read', async () => {
    const { line, told, status, connect } = setUp()
    await connect(10)
    for (const [name, body] of [
      ['appointment:updated', { ...event(11), seq: '11' }],
      ['resync', { channel: north }],
      ['access:changed', { removed: [north] }],
    ] as const) {
      line.handlers!.onMessage(name, body)
      expect(status()).toBe('catching_up')
      expect(line.asked.at(-1)!.body.channels![0]!.cursors).toEqual({ [north]: { epoch: EPOCH, seq: 10 } })
      line.ack({ seq: 10, status: 'recovered' })
      expect(status()).toBe('live')
    }
    expect(line.asked).toHaveLength(4)
    expect(told).toEqual(['position 10'])
  })

  it('[SUB13] takes a recovery for a resync where one of its events cannot be read, as one of a later catalogue', async () => {
    const { line, told, connect, reconnect } = setUp()
    await connect(10)
    await reconnect()
    const later = { ...event(12), type: 'appointment:of_later' } as unknown as EventEnvelope
    line.ack({ seq: 13, status: 'recovered', events: [event(11), later, event(13)] })
    line.send(14)
    expect(told).toEqual(['position 10', '11', 'resync 13', '14'])
    // The answer says it all: nobody is asked again.
    expect(line.asked).toHaveLength(2)
  })

  it('[SUB13] leaves out other messages that cannot be read, and does not count them as a word of the node', async () => {
    const { line, clock, status, connect } = setUp()
    await connect(10)
    line.say('feed', { isLate: false })
    for (let i = 0; i < 3; i++) {
      await clock.advance(2600)
      for (const name of ['feed', 'heads', 'closing', 'auth:expiring', 'server:draining', 'of an application'])
        line.handlers!.onMessage(name, { isLate: 'no', channels: {}, code: 7 })
      expect(status()).toBe('live')
    }
    await clock.advance(200)
    expect(status()).toBe('delayed')
    expect(line.asked).toHaveLength(1)
  })

  it('[SUB13] gives the connection up when an answer cannot be read', async () => {
    const { line, connect, reconnect, status } = setUp()
    await connect(10)
    await reconnect()
    line.asked.at(-1)!.answer({ ok: true, node: 'n1', channels: [{ channel: north, seq: 11 }], denied: [] })
    expect(line.handlers).toBeUndefined()
    expect(status()).not.toBe('live')
  })

  it('[SUB1] applies each event once and in order, and asks again where one is missing', async () => {
    const { line, told, status, connect } = setUp()
    await connect(10)
    for (const seq of [11, 11, 12, 10, 12]) line.send(seq)
    expect(told).toEqual(['position 10', '11', '12'])
    line.send(15)
    expect(status()).toBe('catching_up')
    expect(line.asked.at(-1)!.body.channels![0]!.cursors).toEqual({ [north]: { epoch: EPOCH, seq: 12 } })
    line.ack({ seq: 15, status: 'recovered', events: [13, 14, 15].map((seq) => event(seq)) })
    expect(told.slice(3)).toEqual(['13', '14', '15'])
    expect(status()).toBe('live')
  })

  it('[SUB1] takes an event of another epoch for a gap, whatever its number', async () => {
    const { line, told, connect } = setUp()
    await connect(10)
    line.send(11, north, LATER)
    expect(told).toEqual(['position 10'])
    line.ack({ seq: 11, epoch: LATER, status: 'resync' })
    line.send(12, north, LATER)
    expect(told).toEqual(['position 10', 'resync 11', '12'])
  })

  it('[SEC21] waits for nothing of an epoch far ahead of the clock, and goes on', async () => {
    const far = '0ffffffffffffff0'
    const { line, told, status, connect } = setUp()
    await connect(10)
    line.say('resync', { channel: north, epoch: far, seq: 99 })
    line.say('heads', { channels: [{ channel: north, epoch: far, seq: 99 }] })
    line.send(11, north, far)
    line.send(11)
    expect(told).toEqual(['position 10', '11'])
    expect(status()).toBe('live')
    expect(line.asked).toHaveLength(1)
  })

  it('[SUB2] does not let a resync move a cursor back within an epoch', async () => {
    const { line, told, connect, subscriber } = setUp()
    await connect(10)
    line.send(11)
    line.say('resync', { channel: north, epoch: EPOCH, seq: 9 })
    expect(subscriber.cursors.get(north)).toEqual({ epoch: EPOCH, seq: 11 })
    line.send(12)
    expect(told).toEqual(['position 10', '11', '12'])
  })

  it('[SUB2] keeps its cursor when an answer resyncs to an older position of the same epoch', async () => {
    const { line, subscriber, connect, reconnect } = setUp()
    await connect(10)
    await reconnect()
    line.ack({ seq: 4, status: 'resync' })
    expect(subscriber.cursors.get(north)).toEqual({ epoch: EPOCH, seq: 10 })
  })

  it('[SUB3] asks for new wants and missed events in one request at a time', async () => {
    const { line, clock, subscriber, connect } = setUp()
    await connect(10)
    expect(line.asked).toHaveLength(1)
    subscriber.retain({ topic: 'patients' })
    subscriber.retain({ topic: 'scheduling', location: NORTH })
    await clock.advance(0)
    expect(line.asked).toHaveLength(2)
    expect(line.asked[1]!.body.channels!.map(({ topic }) => topic)).toEqual(['scheduling', 'patients', 'scheduling'])
    line.send(12)
    expect(line.asked).toHaveLength(2)
    line.ack({ seq: 10, status: 'recovered' })
    expect(line.asked).toHaveLength(3)
  })

  it('[SUB3] sends its cursors on every connect, and asks until it is answered', async () => {
    const { line, clock, told, connect, reconnect } = setUp()
    await connect(10)
    await reconnect()
    expect(line.asked.at(-1)!.body.channels![0]!.cursors).toEqual({ [north]: { epoch: EPOCH, seq: 10 } })
    line.asked.at(-1)!.answer(undefined)
    expect(line.handlers).toBeUndefined()
    await clock.advance(20_000)
    line.handlers!.onConnect()
    line.ack({ seq: 12, status: 'recovered', events: [event(11), event(12)] })
    expect(told).toEqual(['position 10', '11', '12'])
  })

  it('[SUB4] takes a recovery with a gap for a resync', async () => {
    const { line, told, connect, reconnect } = setUp()
    await connect(10)
    await reconnect()
    line.ack({ seq: 13, status: 'recovered', events: [event(11), event(13)] })
    expect(told).toEqual(['position 10', '11', 'resync 13'])
  })

  it('[SUB5] applies what follows the answer in the same packet', async () => {
    const { line, told, subscriber } = setUp()
    subscriber.start()
    subscriber.retain({ topic: 'scheduling' })
    await settle()
    line.handlers!.onConnect()
    line.ack({ seq: 10 })
    line.send(11)
    expect(told).toEqual(['position 10', '11'])
    expect(line.asked).toHaveLength(1)
  })

  it('[SUB5] ignores the answer to an earlier connection', async () => {
    const { line, told, connect, reconnect } = setUp()
    await connect(10)
    line.send(12)
    const stale = line.asked.at(-1)!
    await reconnect()
    stale.answer({
      ok: true,
      node: 'n1',
      channels: [{ channel: north, epoch: EPOCH, seq: 50, status: 'resync', events: [] }],
      denied: [],
    })
    expect(told).toEqual(['position 10'])
  })

  it('[SUB6] forgets removed channels before it tells, and drops what still comes of them', async () => {
    const { line, told, subscriber } = setUp()
    subscriber.start()
    subscriber.retain({ topic: 'scheduling' })
    await settle()
    line.handlers!.onConnect()
    line.ack({ seq: 10 }, { channel: south, seq: 20 })
    line.say('access:changed', { added: [], removed: [south] })
    line.send(21, south)
    line.send(11)
    expect(told).toEqual(['position 10', 'position 20', 'removed 1, cursors 1', '11'])
  })

  it('[SUB6] subscribes to added channels', async () => {
    const { line, told, connect } = setUp()
    await connect(10)
    line.say('access:changed', { added: [south], removed: [] })
    line.ack({ seq: 10, status: 'recovered' }, { channel: south, seq: 3 })
    line.send(4, south)
    expect(told).toEqual(['position 10', 'added 1', 'position 3', 'south 4'])
  })

  it('[SUB6] learns from an answer what was taken and given while the connection was away', async () => {
    const { line, told, subscriber, connect, reconnect } = setUp()
    await connect(10)
    await reconnect()
    line.ack({ seq: 10, status: 'recovered' }, { channel: south, seq: 3 })
    expect(told.splice(0)).toEqual(['position 10', 'added 1', 'position 3'])
    await reconnect()
    line.ack({ channel: south, seq: 3, status: 'recovered' })
    expect(told).toEqual(['removed 1, cursors 1'])
    expect([...subscriber.cursors.keys()]).toEqual([south])
  })

  it('[SUB6] takes nothing for taken that was let go while it was asked for', async () => {
    const { line, told, subscriber, clock } = setUp()
    subscriber.start()
    const release = subscriber.retain({ topic: 'scheduling', location: SOUTH })
    subscriber.retain({ topic: 'scheduling', location: NORTH })
    await settle()
    line.handlers!.onConnect()
    line.ack({ seq: 10 }, { channel: south, seq: 20 })
    release()
    await clock.advance(29_900)
    line.send(12)
    await clock.advance(200)
    const asked = line.asked.filter(({ name }) => name === 'subscribe').at(-1)!
    expect(line.asked.at(-1)!.name).toBe('unsubscribe')
    asked.answer({
      ok: true,
      node: 'n1',
      channels: [{ channel: north, epoch: EPOCH, seq: 12, status: 'recovered', events: [event(11), event(12)] }],
      denied: [],
    })
    expect(told).toEqual(['position 10', 'position 20', '11', '12'])
  })

  it('[SUB6] a location that was denied is new when it is granted', async () => {
    const { line, told, subscriber } = setUp()
    subscriber.start()
    subscriber.retain({ topic: 'scheduling', location: SOUTH })
    await settle()
    line.handlers!.onConnect()
    line.ack()
    line.say('access:changed', { added: [south], removed: [] })
    line.ack({ channel: south, seq: 3 })
    line.send(4, south)
    expect(told).toEqual(['added 1', 'position 3', 'south 4'])
  })

  it('[SUB7] finds the loss of the last event in the heads', async () => {
    const { line, told, status, connect } = setUp()
    await connect(10)
    line.say('heads', { channels: [{ channel: north, epoch: EPOCH, seq: 10 }] })
    expect(line.asked).toHaveLength(1)
    line.say('heads', { channels: [{ channel: north, epoch: EPOCH, seq: 11 }] })
    expect(status()).toBe('catching_up')
    line.ack({ seq: 11, status: 'recovered', events: [event(11)] })
    expect(told).toEqual(['position 10', '11'])
  })

  it('[SUB9] is not live while its node is late, whatever is answered, and says since when', async () => {
    const { line, clock, subscriber, status, connect } = setUp()
    await connect(10)
    await clock.advance(5000)
    line.say('feed', { isLate: true })
    const { since } = subscriber.getConnection()
    expect(status()).toBe('delayed')
    expect(since).toBe(clock.now())
    line.say('heads', { channels: [{ channel: north, epoch: EPOCH, seq: 11 }] })
    await clock.advance(1000)
    line.ack({ seq: 11, status: 'recovered', events: [event(11)] })
    expect(subscriber.getConnection()).toMatchObject({ status: 'delayed', since })
    line.say('feed', { isLate: false })
    expect(status()).toBe('live')
  })

  it('[SUB9] is delayed from the start on a node that is late, and not on the next one', async () => {
    const { line, clock, subscriber, status } = setUp()
    subscriber.retain({ topic: 'scheduling' })
    subscriber.start()
    await settle()
    line.handlers!.onConnect()
    line.say('feed', { isLate: true })
    line.ack({ seq: 10 })
    expect(status()).toBe('delayed')
    line.handlers!.onDisconnect()
    expect(status()).toBe('connecting')
    await clock.advance(20_000)
    line.handlers!.onConnect()
    line.ack({ seq: 10, status: 'recovered' })
    expect(status()).toBe('live')
  })

  it('[SUB9] catches up first when the node is in time while an answer is awaited', async () => {
    const { line, status, connect } = setUp()
    await connect(10)
    line.say('feed', { isLate: true })
    line.send(12)
    line.say('feed', { isLate: false })
    expect(status()).toBe('catching_up')
    line.ack({ seq: 12, status: 'recovered', events: [event(11), event(12)] })
    expect(status()).toBe('live')
  })

  it('[SUB9] says since when through reconnects, until it was live again', async () => {
    const { line, clock, subscriber, connect, reconnect } = setUp()
    await connect(10)
    line.say('feed', { isLate: true })
    const { since } = subscriber.getConnection()
    await clock.advance(5000)
    await reconnect()
    line.say('feed', { isLate: true })
    expect(subscriber.getConnection()).toMatchObject({ status: 'delayed', since })
    line.ack({ seq: 10, status: 'recovered' })
    line.say('feed', { isLate: false })
    line.say('feed', { isLate: true })
    expect(subscriber.getConnection()).toMatchObject({ status: 'delayed', since: clock.now() })
  })

  it('[SUB10] is delayed after eight seconds without a word, and live with the next', async () => {
    const { line, clock, status, connect } = setUp()
    await connect(10)
    for (let i = 0; i < 10; i++) {
      line.say('feed', { isLate: false })
      await clock.advance(3000)
      expect(status()).toBe('live')
    }
    await clock.advance(4999)
    expect(status()).toBe('live')
    await clock.advance(1)
    expect(status()).toBe('delayed')
    line.say('feed', { isLate: false })
    expect(status()).toBe('live')
  })

  it('[SUB10] notices a second silence as soon as the first', async () => {
    const { line, clock, status, connect } = setUp()
    await connect(10)
    line.say('feed', { isLate: false })
    await clock.advance(8000)
    expect(status()).toBe('delayed')
    await clock.advance(10)
    line.say('feed', { isLate: false })
    expect(status()).toBe('live')
    await clock.advance(8000)
    expect(status()).toBe('delayed')
  })

  it('[SUB10] gives up a node that was silent for twenty seconds, and comes back with its cursors', async () => {
    const { line, clock, status, connect } = setUp()
    await connect(10)
    line.say('feed', { isLate: false })
    line.send(11)
    await clock.advance(20_000)
    expect(status()).toBe('connecting')
    expect(line.handlers).toBeUndefined()
    await clock.advance(1000)
    line.handlers!.onConnect()
    expect(line.asked.at(-1)!.body.channels![0]!.cursors).toEqual({ [north]: { epoch: EPOCH, seq: 11 } })
    // The next node has not spoken yet: nothing is expected of it.
    line.ack({ seq: 11, status: 'recovered' })
    await clock.advance(100_000)
    expect(status()).toBe('live')
  })

  it('[SUB10] knows at once when it wakes that it was asleep', async () => {
    const { line, clock, status, subscriber, connect } = setUp()
    await connect(10)
    line.say('feed', { isLate: false })
    // While a computer sleeps, its timers stand.
    clock.wallOffsetMs += 9000
    subscriber.nudge()
    expect(status()).toBe('delayed')
    line.say('feed', { isLate: false })
    expect(status()).toBe('live')
    clock.wallOffsetMs += 3_600_000
    subscriber.nudge()
    expect(status()).toBe('connecting')
  })

  it('[SUB11] is not live while something it asked for is not answered, nor by an answer to what it asked before', async () => {
    const { line, clock, status, subscriber, connect } = setUp()
    await connect(10)
    subscriber.retain({ topic: 'clinical' })
    await clock.advance(1999)
    expect(status()).toBe('live')
    await clock.advance(1)
    expect(status()).toBe('catching_up')
    line.send(13)
    line.ack({ seq: 10, status: 'recovered' })
    expect(status()).toBe('catching_up')
    line.ack({ seq: 13, status: 'recovered', events: [event(11), event(12), event(13)] })
    expect(status()).toBe('live')
  })

  it('[SUB8] comes back with a new token when the old one is refused', async () => {
    const { line, clock, connect } = setUp()
    await connect(10)
    line.say('closing', { code: 'token_expired' })
    line.handlers!.onDisconnect()
    await clock.advance(20_000)
    expect(line.tokens).toEqual(['first', 'refreshed'])
  })

  it('[SUB8] stops where a person has to act', async () => {
    const { line, clock, status, connect, subscriber } = setUp()
    await connect(10)
    line.say('closing', { code: 'session_ended' })
    line.handlers!.onDisconnect()
    await clock.advance(100_000)
    expect(status()).toBe('stopped')
    expect(subscriber.getConnection().code).toBe('session_ended')
    expect(line.tokens).toEqual(['first'])
  })

  it('[SUB8] stops when the token cannot be had for that reason, and not when the API cannot be reached', async () => {
    const { line, clock, status, connect, failRefresh } = setUp()
    await connect(10)
    failRefresh(new TypeError('fetch failed'))
    line.say('closing', { code: 'token_expired' })
    line.handlers!.onDisconnect()
    await clock.advance(60_000)
    expect(status()).toBe('offline')
    failRefresh(Object.assign(new Error(), { status: 401, code: 'session_ended' }))
    await clock.advance(60_000)
    expect(status()).toBe('stopped')
    // The old one was refused: it is not shown again.
    expect(line.tokens).toEqual(['first'])
  })

  it('[SUB8] says offline after some failures, and backs off', async () => {
    const { line, clock, status, connect } = setUp()
    await connect(10)
    line.handlers!.onDisconnect()
    expect(status()).toBe('connecting')
    for (let i = 0; i < 20; i++) {
      await clock.advance(15_000)
      line.handlers!.onRefused(undefined)
    }
    expect(status()).toBe('offline')
    expect(line.tokens.length).toBeLessThan(23)
    await clock.advance(15_000)
    line.handlers!.onConnect()
    line.ack({ seq: 10, status: 'recovered' })
    expect(status()).toBe('live')
  })

  it('[SUB14] asks for a topic of the tenant or of the user without a location', async () => {
    const { line, clock, subscriber, connect } = setUp()
    await connect(10)
    const topics = ['patients', 'alerts', 'clinical'] as const
    for (const topic of topics) subscriber.retain({ topic, location: NORTH })
    subscriber.retain({ topic: 'patients' })
    await clock.advance(0)
    expect(line.asked.at(-1)!.body.channels!.slice(1)).toEqual([
      { topic: 'patients' },
      { topic: 'alerts' },
      { topic: 'clinical', location: NORTH },
    ])
  })

  it('unsubscribes some time after the last has let go, and not before', async () => {
    const { line, clock, subscriber, told, connect } = setUp()
    await connect(10)
    const release = subscriber.retain({ topic: 'patients' })
    await clock.advance(0)
    const patients = `${TENANT}/t/patients`
    line.ack({ seq: 10, status: 'recovered' }, { channel: patients, seq: 5 })
    release()
    await clock.advance(20_000)
    line.send(6, patients)
    await clock.advance(20_000)
    expect(line.asked.at(-1)).toMatchObject({ name: 'unsubscribe', body: { channels: [patients] } })
    expect(told).toEqual(['position 10', 'position 5', 'south 6'])
    expect(subscriber.cursors.has(patients)).toBe(false)
  })

  it('leaves nothing behind when it is closed', async () => {
    const { line, clock, subscriber, connect } = setUp()
    await connect(10)
    subscriber.close()
    expect(line.handlers).toBeUndefined()
    expect(subscriber.cursors.size).toBe(0)
    expect(clock.waiting).toBe(0)
  })
})
