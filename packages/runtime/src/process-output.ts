import type { Logger } from '@derm/core'
import { ConfigError } from './config.ts'
import { createLogger } from './logger.ts'

const METHODS = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const

/**
 * What libraries and Node itself would print becomes lines of the log: warnings, deprecations, the console. Of what a library prints, its name
 * is kept where it says so, and its text is not: nobody knows what is in it. [OPS39]
 */
export function routeProcessOutput(
  logger: Logger,
  host: Pick<NodeJS.Process, 'on' | 'removeAllListeners'> = process,
): void {
  // Node's own listener prints.
  host.removeAllListeners('warning')
  host.on('warning', (warning: Error & { code?: string }) =>
    logger.warn({ reason: warning.name, code: warning.code, error: warning }, 'Node warned'),
  )
  for (const method of METHODS)
    // eslint-disable-next-line no-console -- nobody calls it: it is taken away from those who would.
    console[method] = (...args: unknown[]) => {
      const error = args.find((arg) => arg instanceof Error)
      logger.warn({ reason: nameOf(args[0]), ...(error ? { error } : {}) }, 'a library wrote to the console')
    }
}

/** `[ioredis] …`, `prisma:error …`. */
function nameOf(text: unknown): string {
  const [, bracketed, prefixed] = /^(?:\[([\w.-]{1,30})\]|(\w{1,20}:\w{1,20})\b)/.exec(String(text)) ?? []
  return bracketed ?? prefixed ?? 'unknown'
}

/** The configuration; where it is not valid, one line of the log for each fault, and the process ends with 1. [OPS39] */
export function readOrExit<Config>(service: string, read: (env: NodeJS.ProcessEnv) => Config): Config {
  // The one place beside config.ts that sees the environment: it hands it over.
  // eslint-disable-next-line no-restricted-properties
  const { env } = process
  try {
    return read(env)
  } catch (error) {
    const logger = createLogger({ service, instance: env['INSTANCE_NAME'] || 'local', level: 'info' })
    if (error instanceof ConfigError)
      for (const fault of error.faults) logger.error({ reason: fault }, 'the configuration is not valid')
    else logger.error({ error }, 'the configuration could not be read')
    process.exit(1)
  }
}
