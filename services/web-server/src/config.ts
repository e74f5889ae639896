import { BaseConfig, Milliseconds, OriginList, parseConfig } from '@derm/runtime'
import { z } from 'zod'

/** Everything that the server of the web client reads of its environment: it knows neither Redis nor Postgres. */
const WebServerConfig = BaseConfig.pick({
  NODE_ENV: true,
  LOG_LEVEL: true,
  HOST: true,
  PORT: true,
  ADMIN_HOST: true,
  ADMIN_PORT: true,
  BASE_PATH: true,
  ALLOW_INSECURE: true,
  INSTANCE_NAME: true,
  SHUTDOWN_GRACE_MS: true,
  STACK_CHILD: true,
}).extend({
  /** From which the page is loaded: it may connect back to these. */
  PUBLIC_ORIGINS: OriginList,
  /** How long a process that ends goes on taking requests after it has said that it is not ready. */
  DRAIN_DELAY_MS: Milliseconds.default(1_000),
  /** The folder of the built web client. */
  WEB_FOLDER: z.string().default('/app/client'),
})
export type WebServerConfig = z.infer<typeof WebServerConfig>

export const readConfig = (env: NodeJS.ProcessEnv = process.env): WebServerConfig => parseConfig(WebServerConfig, env)
