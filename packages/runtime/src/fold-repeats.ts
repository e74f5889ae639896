import type { LogFields, Logger } from '@derm/core'

const WINDOW_MS = 10_000
/** Beyond so many different lines in one window, each is printed: what is never the same need not be folded. */
const MAX_KINDS = 500
/** Fields that differ between two lines that say the same. */
const MEASURES: ReadonlySet<string> = new Set(['ms', 'durationMs', 'count', 'rows'])

type Loud = 'warn' | 'error'
type Kind = { level: Loud; fields: LogFields; message: string; repeats: number; timer: NodeJS.Timeout }

/** What every logger of this process still holds back is printed before the process ends. */
const flushes = new Set<() => void>()
let isListening = false

/**
 * The same logger; a warning or an error that was printed within the last ten seconds is counted instead, and at their end printed once more, with how often
 * (`repeats`). So a fault that strikes every client is one fact, not one line for each. [OPS33]
 */
export function foldRepeats(logger: Logger, windowMs: number = WINDOW_MS): Logger {
  const kinds = new Map<string, Kind>()

  function close(key: string): void {
    const kind = kinds.get(key)
    if (!kind) return
    clearTimeout(kind.timer)
    kinds.delete(key)
    const { level, fields, message, repeats } = kind
    if (repeats > 0) logger[level]({ ...fields, repeats }, message)
  }

  const say = (level: Loud) => (fields: LogFields, message: string) => {
    const key = keyOf(level, fields, message)
    const known = kinds.get(key)
    if (known) {
      known.repeats++
      known.fields = fields
      return
    }
    logger[level](fields, message)
    if (kinds.size >= MAX_KINDS) return
    const timer = setTimeout(() => close(key), windowMs)
    timer.unref()
    kinds.set(key, { level, fields, message, repeats: 0, timer })
  }

  flushes.add(() => [...kinds.keys()].forEach(close))
  if (!isListening) process.once('exit', () => flushes.forEach((flush) => flush()))
  isListening = true
  return {
    debug: (...of) => logger.debug(...of),
    info: (...of) => logger.info(...of),
    warn: say('warn'),
    error: say('error'),
  }
}

function keyOf(level: Loud, fields: LogFields, message: string): string {
  const parts = Object.entries(fields).flatMap(([name, value]) =>
    MEASURES.has(name) ? [] : [`${name}=${kindOf(value)}`],
  )
  return [level, message, ...parts].join('\n')
}

function kindOf(value: unknown): string {
  if (!(value instanceof Error)) return String(value)
  const { code } = value as { code?: unknown }
  // Our own stack names the place: the same words from another place are another fact.
  return `${value.name} ${String(code)} ${value.stack?.split('\n').find((line) => line.includes('    at ')) ?? ''}`
}
