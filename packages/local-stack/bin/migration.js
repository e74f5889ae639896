#!/usr/bin/env node
import { register } from 'tsx/esm/api'

register()
const { prepare } = await import('../src/prepare.ts')
try {
  await prepare()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
await import('../src/migration.ts')
