/**
 * The fields that a log line may have: ids, counts, times and codes, nothing about a person. A field of another name does not
 * compile, and the services' logger does not print it either. A new field is added here on purpose.
 */
export const LOG_FIELDS = [
  ...(['adminPort', 'exitCode', 'instance', 'port', 'reason', 'service', 'step'] as const),
  ...(['code', 'durationMs', 'method', 'requestId', 'route', 'status', 'traceId'] as const),
  ...(['connection', 'event', 'ms', 'part', 'type'] as const),
  // `network`: a /24 or a /48, never an address.
  ...(['network', 'sessionId', 'tenantId', 'userId'] as const),
  ...(['count', 'dropped', 'made', 'repeats', 'rows'] as const),
] as const

type Printable = string | number | bigint | boolean | null | undefined

/** `error` is whatever was caught. Of an error only what is safe is printed: its kind, code and stack. */
export type LogFields = { [Name in (typeof LOG_FIELDS)[number]]?: Printable } & { error?: unknown }

/** `fields` first, then a constant message: no value stands in the message. */
export interface Logger {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
