/**
 * - `idle`: not started. `connecting`: no connection yet, or none since the last was lost a moment ago.
 * - `catching_up`: connected; what was missed is on its way. `live`: everything that this node has is here.
 * - `delayed`: connected, but the node is cut off from the events, or may not deliver them: what is shown may be old.
 * - `offline`: several attempts failed: what is shown may be old. `stopped`: the server said that a person has to act.
 */
export type ConnectionStatus = 'idle' | 'connecting' | 'catching_up' | 'live' | 'delayed' | 'offline' | 'stopped'
export type ConnectionSignal =
  'start' | 'connected' | 'behind' | 'caught_up' | 'late' | 'in_time' | 'lost' | 'failed' | 'ended' | 'close'

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
    late: 'idle',
    in_time: 'idle',
    lost: 'idle',
    failed: 'idle',
  },
  connecting: {
    ...ALWAYS,
    start: 'connecting',
    connected: 'catching_up',
    behind: 'connecting',
    caught_up: 'connecting',
    late: 'connecting',
    in_time: 'connecting',
    lost: 'connecting',
    failed: 'offline',
  },
  catching_up: {
    ...ALWAYS,
    start: 'catching_up',
    connected: 'catching_up',
    behind: 'catching_up',
    caught_up: 'live',
    late: 'delayed',
    in_time: 'catching_up',
    lost: 'connecting',
    failed: 'offline',
  },
  live: {
    ...ALWAYS,
    start: 'live',
    connected: 'catching_up',
    behind: 'catching_up',
    caught_up: 'live',
    late: 'delayed',
    in_time: 'live',
    lost: 'connecting',
    failed: 'offline',
  },
  delayed: {
    ...ALWAYS,
    start: 'delayed',
    connected: 'catching_up',
    behind: 'delayed',
    caught_up: 'delayed',
    late: 'delayed',
    in_time: 'catching_up',
    lost: 'connecting',
    failed: 'offline',
  },
  offline: {
    ...ALWAYS,
    start: 'offline',
    connected: 'catching_up',
    behind: 'offline',
    caught_up: 'offline',
    late: 'offline',
    in_time: 'offline',
    lost: 'offline',
    failed: 'offline',
  },
  stopped: {
    close: 'idle',
    start: 'connecting',
    connected: 'stopped',
    behind: 'stopped',
    caught_up: 'stopped',
    late: 'stopped',
    in_time: 'stopped',
    lost: 'stopped',
    failed: 'stopped',
    ended: 'stopped',
  },
}

/** `since`: milliseconds since 1970. `code`: why it stopped. `node`: the realtime node that answers. */
export type Connection = { status: ConnectionStatus; since: number; code?: string; node?: string }
