import { defineConfig } from 'prisma/config'

/** For `prisma generate` only: migrations run through `src/migrate.ts`, which is given its url. */
export default defineConfig({
  schema: 'prisma/schema',
  migrations: { path: 'prisma/migrations' },
})
