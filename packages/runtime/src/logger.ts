import { LOG_FIELDS, readFailureReason, type LogFields, type Logger } from '@derm/core'
import { pino, type DestinationStream } from 'pino'
import { foldRepeats } from './fold-repeats.ts'

/** Also at run time, whatever the types were made to say: nothing about a person, no token and no secret gets into a log line. */
const SAFE_FIELDS: ReadonlySet<string> = new Set(LOG_FIELDS)
const MAX_TEXT = 300

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
  return foldRepeats(wrap(pino(options, destination)))
}

type Sink = Pick<ReturnType<typeof pino>, 'debug' | 'info' | 'warn' | 'error'>

function wrap(sink: Sink): Logger {
  return {
    debug: (fields, message) => sink.debug(pickSafeFields(fields), message),
    info: (fields, message) => sink.info(pickSafeFields(fields), message),
    warn: (fields, message) => sink.warn(pickSafeFields(fields), message),
    error: (fields, message) => sink.error(pickSafeFields(fields), message),
  }
}

/** What of `fields` may be printed. An error is printed as `describeError` says. */
export function pickSafeFields(fields: LogFields): Record<string, unknown> {
  const safe: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (value instanceof Error) safe[name] = describeError(value)
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
  const isSpeakable =
    syscall !== undefined ||
    ['CodedError', 'ConfigError', 'SessionError', 'RedisServerError', 'AssertionError'].includes(error.name)
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
    // Of what Redis replied, the first word where it is known. [OPS33]
    ...(error.name === 'ReplyError' ? { reason: readFailureReason(error) } : {}),
    ...(isSpeakable ? { message: error.message.slice(0, MAX_TEXT) } : {}),
    stack: stack.slice(0, 12).map((line) => line.trim()),
    ...(error.cause instanceof Error && depth < 3 ? { cause: describeError(error.cause, depth + 1) } : {}),
  }
}
