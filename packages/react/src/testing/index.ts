import { RESOURCE_NAMES, type EventEnvelope, type EventType } from '@derm/contract'
import { createRealtime, type Realtime, type RealtimeOptions } from '../create-realtime.ts'
import type { ResourceKeys } from '../resource-keys.ts'
import { TestServer, type EmitInput } from './test-server.ts'

export type { EmitInput } from './test-server.ts'
export { FakeApi } from './fake-api.ts'

export type TestRealtime = Realtime & {
  /** Delivers an event as if somebody else had caused it; returns it. */
  emit<Type extends EventType>(type: Type, input: EmitInput<Type>): EventEnvelope<Type>
  /** Tells every subscribed channel to resync; with an epoch, because that one has begun. */
  resync(epoch?: string): void
  /** Who signs in next belongs to another tenant. */
  switchTenant(tenantId: string): void
  /** Somebody changed what the user may see; channels by their names. Without a connection it shows in the next answer. */
  changeAccess(change: { added?: string[]; removed?: string[] }): void
  /** The node says that it may lack events, or no longer does. */
  setLagging(isLagging: boolean): void
  /** A client is served so many channels; the rest is denied by the limit. */
  limit(channels: number): void
  disconnect(): void
  reconnect(): void
  /** What was subscribed so far, request by request. */
  readonly subscriptions: readonly unknown[]
}

/** A realtime without a server, for an application's own tests: the real subscriber and refetch scheduler on a transport in memory. */
export function createTestRealtime(
  options: Partial<RealtimeOptions> & Pick<RealtimeOptions, 'queryClient'>,
): TestRealtime {
  const server = new TestServer()
  const realtime = createRealtime({
    url: 'http://localhost',
    apiUrl: 'http://localhost',
    getToken: async () => 'test',
    refreshToken: async () => 'test',
    resources: Object.fromEntries(RESOURCE_NAMES.map((name) => [name, [[name]]])) as unknown as ResourceKeys,
    transport: server,
    // Nothing here speaks by the clock.
    subscriber: { silentMs: Infinity, deadMs: Infinity },
    ...options,
  })
  return Object.assign(realtime, {
    emit: <Type extends EventType>(type: Type, input: EmitInput<Type>) => server.emit(type, input),
    resync: (epoch?: string) => server.resync(epoch),
    switchTenant: (tenantId: string) => void (server.tenant = tenantId),
    changeAccess: (change: { added?: string[]; removed?: string[] }) => server.changeAccess(change),
    setLagging: (isLagging: boolean) => server.setLagging(isLagging),
    limit: (channels: number) => void (server.maxChannels = channels),
    disconnect: () => server.cut(),
    reconnect: () => void (server.isReachable = true),
    subscriptions: server.subscriptions,
  })
}
