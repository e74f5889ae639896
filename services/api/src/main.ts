import {
  createLogger,
  createLifecycle,
  createTracing,
  readOrExit,
  routeProcessOutput,
  warnOfInsecure,
} from '@derm/runtime'
import { readConfig, type ApiConfig } from './config.ts'
import { createPod } from './create-pod.ts'

/** One API pod as a process. */
async function run(config: ApiConfig): Promise<void> {
  const logger = createLogger({ service: 'api', instance: config.INSTANCE_NAME, level: config.LOG_LEVEL })
  routeProcessOutput(logger)
  warnOfInsecure(config, logger)
  const lifecycle = createLifecycle({
    logger,
    graceMs: config.SHUTDOWN_GRACE_MS,
    isStackChild: config.STACK_CHILD === '1',
    onUnhandledRejection: () => pod.api.metrics.unhandledRejections.inc(),
  })
  const tracing = await createTracing({
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
    share: config.OTEL_TRACES_SAMPLER_ARG,
    service: 'api',
    instance: config.INSTANCE_NAME,
    logger,
    now: () => pod.api.clock.now(),
  })
  const pod = createPod(config, { logger, isReady: lifecycle.isRunning, tracing })
  for (const step of pod.steps) lifecycle.add(step)
  await lifecycle.start()
  if (lifecycle.isRunning()) logger.info(pod.ports(), 'listening')
}

await run(readOrExit('api', readConfig))
