import { definitionOf, type EventEnvelope, type Position, type Resource } from '@derm/contract'
import { createListeners, silentLogger, systemClock, type Clock, type Logger } from '@derm/core'
import {
  RefetchScheduler,
  Subscriber,
  type Connection,
  type RefetchSettings,
  type SubscriberSettings,
  type Transport,
  type TopicInterest,
} from '@derm/core/client'
import { onlineManager, type QueryClient } from '@tanstack/react-query'
import { createApiFetch, type ApiFetch } from './api-fetch.ts'
import { withDeadline } from './deadline.ts'
import { followPage } from './follow-page.ts'
import { LastUpdates } from './last-updated.ts'
import { createMutations, type MutationContext, type MutationFunction } from './query/mutation.ts'
import { createQueryCachePort } from './query/query-cache-port.ts'
import { registerQuerySource } from './query/live.ts'
import { createResourcesOf, type ResourceKeys } from './resource-keys.ts'
import { createSocketTransport } from './socket-transport.ts'
import { createEventToasts, showBuiltInToast, type Notify } from './toaster.ts'

export type RealtimeOptions = {
  queryClient: QueryClient
  /** Where the realtime nodes are, such as `https://app.example`. */
  url: string
  /** Where the API is. */
  apiUrl: string
  /** An access token that is good for some seconds more. */
  getToken: () => Promise<string>
  /** A new access token, whatever the old one's age. */
  refreshToken: () => Promise<string>
  resources: ResourceKeys
  /** The application's toaster; a small one is built in. */
  notify?: Notify
  logger?: Logger
  /** For tests. */
  transport?: Transport
  clock?: Clock
  refetch?: Partial<RefetchSettings>
  subscriber?: Partial<SubscriberSettings>
}

export type EventListener = (event: EventEnvelope, isOwn: boolean) => void
export type ResyncListener = (channel: string, position: Position) => void

export interface Realtime {
  readonly queryClient: QueryClient
  /** Connects while somebody holds it; call what it returns to let go. `RealtimeProvider` does both. */
  start(): () => void
  retain(interest: TopicInterest): () => void
  getConnection(): Connection
  onConnection(listener: () => void): () => void
  onEvent(listener: EventListener): () => void
  onResync(listener: ResyncListener): () => void
  /** The user sees channels that they did not, or no longer does. What else their roles allow may have changed as well: ask who they are. */
  onAccessChanged(listener: () => void): () => void
  /**
   * Wraps a mutation's function: one Idempotency-Key for all its tries, no refetch of the resources until it has settled, and the
   * positions of its events noted, so that the echo of one's own change does not refetch in vain.
   */
  mutation<Variables, Result>(
    resources: Resource | readonly Resource[],
    run: (context: MutationContext, variables: Variables) => Promise<Result>,
  ): MutationFunction<Variables, Result>
  /** `fetch` with the user's token, for what is neither a query nor a mutation. */
  readonly fetch: ApiFetch
  readonly lastUpdates: LastUpdates
  /** Tells of others' change, once for all hooks. */
  toast(event: EventEnvelope): void
  /** Channels with their cursors, for an inspector. */
  cursors(): ReadonlyMap<string, Position>
  /** Ends the connection and lets go of the query client, for good: where a realtime is not made once, as in tests. */
  dispose(): void
}

/** Made once, outside React, and given to `RealtimeProvider`. Touches neither network nor page before `start`. */
export function createRealtime(options: RealtimeOptions): Realtime {
  const { queryClient, clock = systemClock, logger = silentLogger } = options
  const getToken = withDeadline(clock, 'getToken', options.getToken)
  const refreshToken = withDeadline(clock, 'refreshToken', options.refreshToken)
  const apiFetch = createApiFetch({ apiUrl: options.apiUrl, getToken, refreshToken })
  const toast = createEventToasts(options.notify ?? showBuiltInToast)
  const onListenerError = (error: unknown) => {
    logger.error({ error }, 'a listener threw')
    if (typeof reportError === 'function') reportError(error)
  }
  const lastUpdates = new LastUpdates(clock, onListenerError)
  const onEvent = createListeners<Parameters<EventListener>>(onListenerError)
  const onResync = createListeners<Parameters<ResyncListener>>(onListenerError)
  const onConnection = createListeners<[]>(onListenerError)
  const onAccessChanged = createListeners<[]>(onListenerError)
  let holders = 0
  /** The connection as the subscriber has it, and as the application is told: while the browser takes itself for offline, it is not live. [SUB12] */
  let subscribed: Connection = { status: 'idle', since: clock.now() }
  let connection = subscribed
  let stopFollowing = () => {}

  const scheduler = new RefetchScheduler({
    queries: createQueryCachePort(queryClient),
    clock,
    random: () => Math.random(),
    resourcesOf: createResourcesOf(options.resources),
    invalidatedBy: (event) => definitionOf(event.type).invalidates,
    ...(options.refetch ? { settings: options.refetch } : {}),
  })
  const unregister = registerQuerySource(queryClient, { scheduler, fetch: apiFetch })
  const { mutation, isOwn: isOwnKey } = createMutations({ queryClient, scheduler, clock, fetch: apiFetch })

  const subscriber = new Subscriber({
    transport: options.transport ?? createSocketTransport(options.url),
    clock,
    random: () => Math.random(),
    logger,
    getToken,
    refreshToken,
    onEvent(event) {
      const isOwn = isOwnKey(event.mutationId)
      scheduler.noteEvent(event)
      lastUpdates.note(event, isOwn)
      onEvent.tell(event, isOwn)
    },
    onPosition: (channel, position) => scheduler.notePosition(channel, position),
    onResync(channel, position) {
      scheduler.noteResync(channel, position)
      onResync.tell(channel, position)
    },
    onRemoved(channels) {
      scheduler.removeChannels(channels)
      onAccessChanged.tell()
    },
    onAdded() {
      scheduler.addChannels()
      onAccessChanged.tell()
    },
    ...(options.subscriber ? { settings: options.subscriber } : {}),
    onConnection(now) {
      if (now.status === 'live' && subscribed.status !== 'live') scheduler.noteReconnect()
      subscribed = now
      tellConnection()
    },
  })

  function tellConnection(): void {
    const isPaused = subscribed.status === 'live' && !onlineManager.isOnline()
    const since = connection.status === 'delayed' ? connection.since : clock.now()
    connection = isPaused ? { ...subscribed, status: 'delayed', since } : subscribed
    onConnection.tell()
  }

  function end(): void {
    stopFollowing()
    subscriber.close()
    scheduler.endSession()
    lastUpdates.clear()
  }

  return {
    queryClient,
    fetch: apiFetch,
    lastUpdates,
    toast: (event) => toast(event.type, event.id),
    cursors: () => subscriber.cursors,
    dispose() {
      if (holders > 0) end()
      holders = 0
      scheduler.dispose()
      unregister()
    },
    start() {
      if (holders++ === 0) {
        subscriber.start()
        stopFollowing = followPage({ nudge: () => subscriber.nudge(), onlineChanged: tellConnection })
      }
      let isReleased = false
      return () => {
        if (isReleased) return
        isReleased = true
        // StrictMode mounts twice: who lets go and takes hold again in the same moment keeps the connection.
        clock.setTimeout(() => {
          if (--holders === 0) end()
        }, 0)
      }
    },
    retain: (interest) => subscriber.retain(interest),
    getConnection: () => connection,
    onConnection: onConnection.listen,
    onEvent: onEvent.listen,
    onResync: onResync.listen,
    onAccessChanged: onAccessChanged.listen,
    mutation,
  }
}
