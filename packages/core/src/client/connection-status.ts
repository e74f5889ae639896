/**
 * - `idle`: not started. `connecting`: no connection yet, or none since the last was lost a moment ago.
 * - `catching_up`: connected; what was missed is on its way. `live`: everything that this node has is here.
 * - `offline`: several attempts failed: what is shown may be old. `stopped`: the server said that a person has to act.
 */
export type ConnectionStatus = 'idle' | 'connecting' | 'catching_up' | 'live' | 'offline' | 'stopped'
export type ConnectionSignal = 'start' | 'connected' | 'behind' | 'caught_up' | 'lost' | 'failed' | 'ended' | 'close'

const ALWAYS = { close: 'idle', ended: 'stopped' } as const

/** Every signal in every status. What cannot happen changes nothing. */
export const NEXT_STATUS: Record<ConnectionStatus, Record<ConnectionSignal, ConnectionStatus>> = {
  idle: {
    ...ALWAYS,
    ended: 'idle',
    start: 'connecting',
    connected: 'idle',
    behind: 'idle',
    caught_up: 'idle',
    lost: 'idle',
    failed: 'idle',
  },
  connecting: {
    ...ALWAYS,
    start: 'connecting',
    connected: 'catching_up',
    behind: 'connecting',
    caught_up: 'connecting',
    lost: 'connecting',
    failed: 'offline',
  },
  catching_up: {
    ...ALWAYS,
    start: 'catching_up',
    connected: 'catching_up',
    behind: 'catching_up',
    caught_up: 'live',
    lost: 'connecting',
    failed: 'offline',
  },
  live: {
    ...ALWAYS,
    start: 'live',
    connected: 'catching_up',
    behind: 'catching_up',
    caught_up: 'live',
    lost: 'connecting',
    failed: 'offline',
  },
  offline: {
    ...ALWAYS,
    start: 'offline',
    connected: 'catching_up',
    behind: 'offline',
    caught_up: 'offline',
    lost: 'offline',
    failed: 'offline',
  },
  stopped: {
    close: 'idle',
    start: 'connecting',
    connected: 'stopped',
    behind: 'stopped',
    caught_up: 'stopped',
    lost: 'stopped',
    failed: 'stopped',
    ended: 'stopped',
  },
}

/** `since`: milliseconds since 1970. `code`: why it stopped. `node`: the realtime node that answers. */
export type Connection = { status: ConnectionStatus; since: number; code?: string; node?: string }
