import type { Logger } from '@derm/core'
import { ConfigError, createLogger, warnOfInsecure, type BaseConfig } from '@derm/runtime'

type CommandConfig = Pick<BaseConfig, 'LOG_LEVEL' | 'INSTANCE_NAME' | 'ALLOW_INSECURE'>

/** Runs a command of the API's image: exit code 0, or 1 with a line that says what failed. It may be run again at any time. [OPS18] */
export async function runCommand<Config extends CommandConfig>(
  service: string,
  readConfig: () => Config,
  work: (config: Config, logger: Logger) => Promise<void>,
): Promise<void> {
  let config: Config
  try {
    config = readConfig()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
    return
  }
  const logger = createLogger({ service, instance: config.INSTANCE_NAME, level: config.LOG_LEVEL })
  warnOfInsecure(config, logger)
  try {
    await work(config, logger)
  } catch (error) {
    logger.error({ error, reason: findReason(error) }, 'the command failed')
    process.exitCode = 1
  }
  // The schema engine's driver keeps a timer for 10 s, for which nobody has to wait. The log is written at once.
  process.exit()
}

/** Of the schema engine's message what names no value: which migration failed, and Postgres' code. */
function findReason(error: unknown): string {
  const text = error instanceof Error ? error.message : ''
  const migration = /Migration name: (\w+)/.exec(text)?.[1] ?? /The `(\w+)` migration/.exec(text)?.[1]
  const code = /Database error code: (\w{5})/.exec(text)?.[1]
  return [migration && `migration ${migration}`, code && `code ${code}`].filter(Boolean).join(', ')
}
