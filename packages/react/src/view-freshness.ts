import { toChannelKey, type Resource } from '@derm/contract'
import type { Clock } from '@derm/core'
import {
  LiveStatus,
  PositionChecks,
  ShownQueries,
  isInterestedIn,
  type CheckSettings,
  type Connection,
  type Following,
  type Freshness,
  type LiveConnection,
  type QueryPort,
  type RefetchScheduler,
  type Subscriber,
} from '@derm/core/client'
import { onlineManager } from '@tanstack/react-query'
import type { ApiFetch } from './api-fetch.ts'
import { createPositionsRead } from './positions-read.ts'

export type ViewFreshness = {
  /** The status as people read it: how new what they see is. */
  status(): LiveConnection
  freshnessOf(hash: string): Freshness | undefined
  isCurrent(): boolean
  /** The socket's own connection is another one now. */
  setConnection(connection: Connection): void
  /** Something that is shown may be older or newer now. */
  lookSoon(): void
  /** The browser went online or offline. */
  onlineChanged(): void
  nudge(): void
  dispose(): void
}

export type ViewFreshnessOptions = {
  queries: QueryPort
  clock: Clock
  scheduler: RefetchScheduler
  subscriber: Subscriber
  fetch: ApiFetch
  resourcesOf(key: readonly unknown[]): readonly Resource[]
  /** The API shows these channels no longer. */
  removeChannels(channelKeys: readonly string[]): void
  onStatus(): void
  onFreshness(): void
  checks: Partial<CheckSettings> | undefined
}

const AWAY = new Set(['connecting', 'catching_up', 'delayed', 'offline'])

/** Joins what is shown with what keeps it new: the subscriber's connection and, where that does not serve, checks over HTTP. */
export function createViewFreshness(options: ViewFreshnessOptions): ViewFreshness {
  const { clock, scheduler, subscriber } = options
  let connection: Connection = { status: 'idle', since: clock.now() }
  const status = new LiveStatus(clock)

  function following(): Following {
    const { cursors } = subscriber
    // All of them are of one tenant.
    const [first = ''] = cursors.keys()
    const tenant = first.slice(0, first.indexOf('/') + 1)
    const broken = isPaused() ? 'paused' : connection.status === 'delayed' ? 'delayed' : 'disconnected'
    return {
      broken: connection.status === 'live' && !isPaused() ? undefined : broken,
      isFollowed: (channelKey) => cursors.has(tenant + channelKey),
      isServed: (interest) => subscriber.isServed(interest),
      channelKeysOf: (interest) =>
        [...cursors.keys()].filter((channel) => isInterestedIn(interest, channel)).map(toChannelKey),
    }
  }

  const shown = new ShownQueries({
    queries: options.queries,
    clock,
    inspect: (query) => scheduler.inspect(query),
    resourcesOf: options.resourcesOf,
    retain: (interest) => subscriber.retain(interest),
    countGranted: (topic) => subscriber.countGranted(topic),
    following,
    onChange: tell,
  })

  const checks = new PositionChecks({
    clock,
    random: () => Math.random(),
    channelKeys: () => shown.channelKeys(),
    read: createPositionsRead(options.fetch),
    onPositions(positions, asked) {
      for (const { channel, ...position } of positions) scheduler.notePosition(channel, position)
      const visible = new Set<string>(positions.map(({ channel }) => toChannelKey(channel)))
      const removed = asked.filter((channelKey) => !visible.has(channelKey))
      if (removed.length > 0) options.removeChannels(removed)
      // Who is answered may find that what failed before succeeds now.
      if (checks.everyMs === undefined) scheduler.noteReconnect()
    },
    onChange: tell,
    settings: options.checks,
  })

  function tell(): void {
    const isAway = AWAY.has(connection.status) || (connection.status === 'live' && shown.hasUnfollowed())
    checks.setNeeded(isAway && !isPaused())
    const facts = { isPaused: isPaused(), oldest: shown.findOldest(), checkingMs: checks.everyMs }
    if (status.update(connection, facts)) options.onStatus()
    options.onFreshness()
  }

  return {
    status: () => status.current,
    freshnessOf: (hash) => shown.freshnessOf(hash),
    isCurrent: () => shown.isCurrent(),
    setConnection(now) {
      connection = now
      tell()
    },
    lookSoon: () => shown.lookSoon(),
    onlineChanged: tell,
    nudge: () => checks.nudge(),
    dispose() {
      checks.setNeeded(false)
      shown.dispose()
    },
  }
}

/** While the browser takes itself for offline, nothing can be read, though the socket may stand. [SUB12] */
const isPaused = () => !onlineManager.isOnline()
