#!/usr/bin/env node
// Runs one TypeScript file: `run.js packages/x/src/main.ts [arguments]`.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { register } from 'tsx/esm/api'

register()
const { prepare } = await import('../src/prepare.ts')
await prepare()
const [file = ''] = process.argv.splice(2, 1)
await import(pathToFileURL(resolve(file)).href)
