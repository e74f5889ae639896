import { seed } from '@derm/database'
import { readSeedConfig } from './config.ts'
import { runCommand } from './run-command.ts'

/** Fills what is empty of the two practices of the demo. */
await runCommand('seed', readSeedConfig, async (config, logger) => {
  const filled = await seed(config.OWNER_DATABASE_URL, { size: config.SEED_SIZE })
  logger.info({ count: filled.length }, 'the demo data is there')
})
