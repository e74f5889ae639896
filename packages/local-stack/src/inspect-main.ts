import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { formatInspected, inspectAll, type InspectedProcess } from './inspect.ts'
import { DATA } from './paths.ts'

/** `npm run inspect`: nodes and pods in the terminal. */
const EVERY_MS = 2_000
const Services = z.array(z.object({ name: z.string(), adminPort: z.number().nullable() }))

const { values } = parseArgs({ options: { admin: { type: 'string' }, watch: { type: 'boolean', default: false } } })

async function findProcesses(): Promise<InspectedProcess[]> {
  if (values.admin !== undefined)
    return values.admin.split(',').map((url) => ({ name: new URL(url).host, adminUrl: new URL(url).origin }))
  const text = await readFile(join(DATA, 'stack.json'), 'utf8').catch(() => {
    throw new Error('No `npm start` has run here. Name admin addresses: npm run inspect -- --admin http://host:port')
  })
  return Services.parse(JSON.parse(text)).flatMap(({ name, adminPort }) =>
    adminPort === null ? [] : [{ name, adminUrl: `http://127.0.0.1:${adminPort}` }],
  )
}

async function show(): Promise<boolean> {
  const all = await inspectAll(await findProcesses())
  process.stdout.write(`${values.watch ? '\u001b[2J\u001b[H' : ''}${formatInspected(all)}\n`)
  return all.every(({ metrics }) => metrics !== null)
}

try {
  const haveAnswered = await show()
  if (values.watch) setInterval(() => void show().catch(() => {}), EVERY_MS)
  else process.exitCode = haveAnswered ? 0 : 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
