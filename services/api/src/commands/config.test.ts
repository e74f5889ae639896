import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { readMigrateConfig } from './config.ts'

it('[OPS36] commands believe the private authority that the services believe', () => {
  const file = fileURLToPath(import.meta.url)
  const { OWNER_DATABASE_URL: url } = readMigrateConfig({
    NODE_ENV: 'test',
    OWNER_DATABASE_URL: 'postgresql://derm_owner:pass@postgres.example/dermlive?sslmode=verify-full',
    DATABASE_CA_FILE: file,
  })
  expect(new URL(url).searchParams.get('sslrootcert')).toBe(file)
})
