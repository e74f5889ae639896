import { ConfigError, createLifecycle, createLogger, warnOfInsecure } from '@derm/runtime'
import { readConfig, type WebServerConfig } from './config.ts'
import { createWebServer } from './create-web-server.ts'

/** The server of the web client as a process. */
async function run(config: WebServerConfig): Promise<void> {
  const logger = createLogger({ service: 'web', instance: config.INSTANCE_NAME, level: config.LOG_LEVEL })
  warnOfInsecure(config, logger)
  const lifecycle = createLifecycle({
    logger,
    graceMs: config.SHUTDOWN_GRACE_MS,
    isStackChild: config.STACK_CHILD === '1',
  })
  const web = createWebServer(config, { isReady: lifecycle.isRunning })
  for (const step of web.steps) lifecycle.add(step)
  await lifecycle.start()
  if (lifecycle.isRunning()) logger.info(web.ports(), 'listening')
}

try {
  await run(readConfig())
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
