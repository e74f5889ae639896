import { pino, type DestinationStream } from 'pino'

/**
 * A log line holds only fields of this list, and only numbers, booleans and short texts: whatever else a caller passes
 * is left out, so that nothing about a person, no token and no secret can get into a log by accident.
 * A new field is added here on purpose.
 */
const SAFE_FIELDS = new Set([
  ...['service', 'instance', 'node', 'pid', 'port', 'adminPort', 'signal', 'exitCode', 'step', 'version'],
  ...['requestId', 'traceId', 'method', 'route', 'status', 'code', 'reason', 'attempt', 'outcome', 'origin', 'event'],
  ...['tenantId', 'userId', 'sessionId', 'locationId', 'channel', 'topic', 'type', 'id', 'eventId', 'socketId', 'kid'],
  ...[
    'shard',
    'epoch',
    'seq',
    'head',
    'base',
    'last',
    'expected',
    'rows',
    'count',
    'size',
    'bytes',
    'limit',
    'state',
    'part',
  ],
  ...[
    'ms',
    'seconds',
    'durationMs',
    'lagMs',
    'delayMs',
    'ageMs',
    'connections',
    'channels',
    'sockets',
    'rooms',
    'added',
    'removed',
  ],
  ...[
    'connection',
    'runId',
    'role',
    'table',
    'migration',
    'appended',
    'published',
    'refilled',
    'repaired',
    'missing',
    'gap',
  ],
])
const MAX_TEXT = 300

/** `fields` first, then a constant message: no value stands in the message. */
export interface Logger {
  debug(fields: Record<string, unknown>, message: string): void
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
  /** The same log with fields on every line. */
  child(fields: Record<string, unknown>): Logger
}

export type LoggerOptions = {
  service: string
  instance: string
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  destination?: DestinationStream
}

/** JSON lines on stdout: `{level, time, service, instance, …, msg}`. */
export function createLogger({
  service,
  instance,
  level,
  // Written at once: a process that is killed has said its last line, and one whose reader is gone has nothing left to flush. (What SonicBoom
  // still holds at the exit it writes again and again, for ever, when nobody reads: the process would never end.)
  destination = pino.destination({ dest: 1, sync: true }),
}: LoggerOptions): Logger {
  const options = {
    level,
    base: { service, instance },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return wrap(pino(options, destination))
}

type Sink = Pick<ReturnType<typeof pino>, 'debug' | 'info' | 'warn' | 'error' | 'child'>

function wrap(sink: Sink): Logger {
  return {
    debug: (fields, message) => sink.debug(pickSafeFields(fields), message),
    info: (fields, message) => sink.info(pickSafeFields(fields), message),
    warn: (fields, message) => sink.warn(pickSafeFields(fields), message),
    error: (fields, message) => sink.error(pickSafeFields(fields), message),
    child: (fields) => wrap(sink.child(pickSafeFields(fields))),
  }
}

/** What of `fields` may be printed. An error (`error`, `err` or `cause`) is printed as `describeError` says. */
export function pickSafeFields(fields: Record<string, unknown>): Record<string, unknown> {
  const safe: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (value instanceof Error) safe[name === 'err' ? 'error' : name] = describeError(value)
    else if (SAFE_FIELDS.has(name)) {
      const printable = toPrintable(value)
      if (printable !== undefined) safe[name] = printable
    }
  }
  return safe
}

function toPrintable(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'string') return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value
  return undefined
}

/** `at name (place:line:column)`, of a file or of Node itself. */
const STACK_LINE = /^\s+at (?:[^()"']*\()?(?:file:\/\/|node:|\/)[^()]*:\d+:\d+\)?$/

/**
 * The error's kind, code and stack, without its message: a database puts the offending values into it. Of our own errors and those of the
 * system, which hold none, the message is kept.
 */
export function describeError(error: Error, depth = 0): Record<string, unknown> {
  const { code, syscall } = error as NodeJS.ErrnoException
  const isSpeakable = syscall !== undefined || ['CodedError', 'ConfigError', 'AssertionError'].includes(error.name)
  // The stack begins with the message, which may have lines that look like its own.
  const text = error.stack ?? ''
  const begin = error.message ? text.indexOf(error.message) : -1
  const stack = text
    .slice(begin < 0 ? 0 : begin + error.message.length)
    .split('\n')
    .filter((line) => STACK_LINE.test(line))
  return {
    name: error.name,
    ...(code === undefined ? {} : { code: String(code) }),
    ...(isSpeakable ? { message: error.message.slice(0, MAX_TEXT) } : {}),
    stack: stack.slice(0, 12).map((line) => line.trim()),
    ...(error.cause instanceof Error && depth < 3 ? { cause: describeError(error.cause, depth + 1) } : {}),
  }
}
