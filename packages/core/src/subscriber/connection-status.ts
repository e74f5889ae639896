/**
 * - `idle`: not started. `connecting`: no connection yet, or the last one was lost a moment ago.
 * - `catching_up`: connected; what was missed is on its way. `live`: everything that the node has is here.
 * - `delayed`: connected, but the node lags: it may lack events, or may not deliver them. What is shown may be old.
 * - `offline`: several attempts failed. What is shown may be old. `stopped`: the server said that a person has to act.
 */
export type ConnectionStatus = 'idle' | 'connecting' | 'catching_up' | 'live' | 'delayed' | 'offline' | 'stopped'

/**
 * `catch_up`: something is missing and was asked for. `caught_up`: nothing is. `lagging`, `not_lagging`: what the node says of itself, or
 * its silence. `lost`: the connection ended. `failed`: several attempts did. `ended`: the server's code says not to come back.
 */
export type ConnectionSignal =
  'start' | 'connected' | 'catch_up' | 'caught_up' | 'lagging' | 'not_lagging' | 'lost' | 'failed' | 'ended' | 'close'

const ALWAYS = { close: 'idle', ended: 'stopped' } as const

/** Every signal in every status. What cannot happen changes nothing. */
export const NEXT_STATUS: Record<ConnectionStatus, Record<ConnectionSignal, ConnectionStatus>> = {
  idle: {
    ...ALWAYS,
    ended: 'idle',
    start: 'connecting',
    connected: 'idle',
    catch_up: 'idle',
    caught_up: 'idle',
    lagging: 'idle',
    not_lagging: 'idle',
    lost: 'idle',
    failed: 'idle',
  },
  connecting: {
    ...ALWAYS,
    start: 'connecting',
    connected: 'catching_up',
    catch_up: 'connecting',
    caught_up: 'connecting',
    lagging: 'connecting',
    not_lagging: 'connecting',
    lost: 'connecting',
    failed: 'offline',
  },
  catching_up: {
    ...ALWAYS,
    start: 'catching_up',
    connected: 'catching_up',
    catch_up: 'catching_up',
    caught_up: 'live',
    lagging: 'delayed',
    not_lagging: 'catching_up',
    lost: 'connecting',
    failed: 'offline',
  },
  live: {
    ...ALWAYS,
    start: 'live',
    connected: 'catching_up',
    catch_up: 'catching_up',
    caught_up: 'live',
    lagging: 'delayed',
    not_lagging: 'live',
    lost: 'connecting',
    failed: 'offline',
  },
  delayed: {
    ...ALWAYS,
    start: 'delayed',
    connected: 'catching_up',
    catch_up: 'delayed',
    caught_up: 'delayed',
    lagging: 'delayed',
    not_lagging: 'catching_up',
    lost: 'connecting',
    failed: 'offline',
  },
  offline: {
    ...ALWAYS,
    start: 'offline',
    connected: 'catching_up',
    catch_up: 'offline',
    caught_up: 'offline',
    lagging: 'offline',
    not_lagging: 'offline',
    lost: 'offline',
    failed: 'offline',
  },
  stopped: {
    close: 'idle',
    start: 'connecting',
    connected: 'stopped',
    catch_up: 'stopped',
    caught_up: 'stopped',
    lagging: 'stopped',
    not_lagging: 'stopped',
    lost: 'stopped',
    failed: 'stopped',
    ended: 'stopped',
  },
}

/** `since`: milliseconds since 1970. `code`: why it stopped. `node`: the realtime node that answers. */
export type Connection = { status: ConnectionStatus; since: number; code?: string; node?: string }
