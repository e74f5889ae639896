import {
  definitionOf,
  toChannelKey,
  type DeniedChannel,
  type EventEnvelope,
  type Position,
  type Resource,
} from '@derm/contract'
import { coalesce, createListeners, silentLogger, systemClock, type Clock, type Logger } from '@derm/core'
import {
  RefetchScheduler,
  Subscriber,
  type CheckSettings,
  type LiveConnection,
  type Freshness,
  type RefetchSettings,
  type SubscriberSettings,
  type Transport,
  type TopicInterest,
} from '@derm/core/client'
import { hashKey, type QueryClient, type QueryKey } from '@tanstack/react-query'
import { createApiFetch, type ApiFetch } from './api-fetch.ts'
import { withDeadline } from './deadline.ts'
import { followPage } from './follow-page.ts'
import { LastUpdates } from './last-updated.ts'
import { createMutations, type MutationContext, type MutationFunction } from './query/mutation.ts'
import { createQueryCachePort } from './query/query-cache-port.ts'
import { registerQuerySource } from './query/live.ts'
import { Traces } from './query/traces.ts'
import { createResourcesOf, type ResourceKeys } from './resource-keys.ts'
import { createSocketTransport } from './socket-transport.ts'
import { createEventToasts, showBuiltInToast, type Notify } from './toaster.ts'
import { createViewFreshness } from './view-freshness.ts'

export type RealtimeOptions = {
  queryClient: QueryClient
  /** Where the realtime nodes are, such as `https://app.example`; with a path, below it. */
  url: string
  /** Socket.IO's path there, if it is not `/realtime` below the url's own path. */
  socketPath?: string
  /** Where the API is; with a path, below it. The token goes to its origin only. */
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
  checks?: Partial<CheckSettings>
}

export type EventListener = (event: EventEnvelope, isOwn: boolean) => void
export type ResyncListener = (channel: string, position: Position) => void

export interface Realtime {
  readonly queryClient: QueryClient
  /** Connects while somebody holds it; call what it returns to let go. `RealtimeProvider` does both. */
  start(): () => void
  retain(interest: TopicInterest): () => void
  /** What of an interest is not served, and why. */
  deniedOf(interest: TopicInterest): readonly DeniedChannel[]
  /** How new what is shown is, since when it is not, and what the connection has to do with it. */
  getConnection(): LiveConnection
  onConnection(listener: () => void): () => void
  /** How new a query is; `undefined` when nobody has asked for it yet. */
  getFreshness(queryKey: QueryKey): Freshness | undefined
  /** Whether all that is shown is current. */
  isCurrent(): boolean
  /** Hears of every change of these, and of what is denied. */
  onFreshness(listener: () => void): () => void
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
  // One renewal for all that ask for one: the socket, and each request.
  const refreshToken = coalesce(withDeadline(clock, 'refreshToken', options.refreshToken))
  const apiFetch = createApiFetch({ apiUrl: options.apiUrl, clock, getToken, refreshToken })
  const toast = createEventToasts(options.notify ?? showBuiltInToast)
  const onListenerError = (error: unknown) => {
    logger.error({ error }, 'a listener threw')
    if (typeof reportError === 'function') reportError(error)
  }
  const lastUpdates = new LastUpdates(clock, onListenerError)
  const onEvent = createListeners<Parameters<EventListener>>(onListenerError)
  const onResync = createListeners<Parameters<ResyncListener>>(onListenerError)
  const onConnection = createListeners<[]>(onListenerError)
  const onFreshness = createListeners<[]>(onListenerError)
  const onAccessChanged = createListeners<[]>(onListenerError)
  const queries = createQueryCachePort(queryClient)
  const resourcesOf = createResourcesOf(options.resources)
  let holders = 0
  let wasLive = false
  let stopFollowing = () => {}

  const scheduler = new RefetchScheduler({
    queries,
    clock,
    random: () => Math.random(),
    resourcesOf,
    onChange: () => view.lookSoon(),
    invalidatedBy: (event) => definitionOf(event.type).invalidates,
    ...(options.refetch ? { settings: options.refetch } : {}),
  })
  const traces = new Traces(clock)
  const unregister = registerQuerySource(queryClient, { scheduler, fetch: apiFetch, traces })
  const { mutation, isOwn: isOwnKey } = createMutations({ queryClient, scheduler, clock, fetch: apiFetch })

  const subscriber = new Subscriber({
    transport: options.transport ?? createSocketTransport(options.url, { path: options.socketPath }),
    clock,
    random: () => Math.random(),
    logger,
    getToken,
    refreshToken,
    onEvent(event) {
      const isOwn = isOwnKey(event.mutationId)
      traces.note(event)
      scheduler.noteEvent(event)
      lastUpdates.note(event, isOwn)
      onEvent.tell(event, isOwn)
    },
    onPosition: (channel, position) => scheduler.notePosition(channel, position),
    onResync(channel, position) {
      scheduler.noteResync(channel, position)
      onResync.tell(channel, position)
    },
    onRemoved: (channels) => removeChannels(channels.map(toChannelKey)),
    onAdded() {
      scheduler.addChannels()
      onAccessChanged.tell()
    },
    onAnswered: () => view.lookSoon(),
    ...(options.subscriber ? { settings: options.subscriber } : {}),
    onConnection(now) {
      if (now.status === 'live' && !wasLive) scheduler.noteReconnect()
      wasLive = now.status === 'live'
      view.setConnection(now)
    },
  })
  function removeChannels(channelKeys: readonly string[]): void {
    scheduler.removeChannels(channelKeys)
    onAccessChanged.tell()
  }
  const view = createViewFreshness({
    queries,
    clock,
    scheduler,
    subscriber,
    fetch: apiFetch,
    resourcesOf,
    removeChannels,
    onStatus: () => onConnection.tell(),
    onFreshness: () => onFreshness.tell(),
    checks: options.checks,
  })

  function end(): void {
    stopFollowing()
    subscriber.close()
    scheduler.endSession()
    traces.clear()
    lastUpdates.clear()
  }

  return {
    queryClient,
    fetch: apiFetch,
    lastUpdates,
    toast: (event) => toast(event.type, event.id),
    cursors: () => subscriber.cursors,
    dispose() {
      view.dispose()
      if (holders > 0) end()
      holders = 0
      scheduler.dispose()
      unregister()
    },
    start() {
      if (holders++ === 0) {
        subscriber.start()
        stopFollowing = followPage({
          nudge() {
            subscriber.nudge()
            view.nudge()
          },
          onlineChanged: view.onlineChanged,
        })
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
    deniedOf: (interest) => subscriber.deniedOf(interest),
    getConnection: () => view.status(),
    getFreshness: (queryKey) =>
      view.freshnessOf(queryClient.getQueryCache().find({ queryKey, exact: true })?.queryHash ?? hashKey(queryKey)),
    isCurrent: () => view.isCurrent(),
    onFreshness: onFreshness.listen,
    onConnection: onConnection.listen,
    onEvent: onEvent.listen,
    onResync: onResync.listen,
    onAccessChanged: onAccessChanged.listen,
    mutation,
  }
}
