import { createRoles, migrate } from '@derm/database'
import { readMigrateConfig, readRolePasswords } from './config.ts'
import { runCommand } from './run-command.ts'

/** Makes the roles where it may, then applies the migrations that the database lacks. */
await runCommand('migrate', readMigrateConfig, async (config, logger) => {
  const passwords = readRolePasswords(config)
  if (passwords && config.SUPERUSER_DATABASE_URL !== undefined) {
    await createRoles(config.SUPERUSER_DATABASE_URL, passwords)
    logger.info({}, 'the roles are as they must be')
  }
  const applied = await migrate(config.OWNER_DATABASE_URL)
  for (const name of applied) logger.info({ step: name }, 'a migration was applied')
  logger.info({ count: applied.length }, 'the schema is up to date')
})
