import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

const RUNTIME = new URL('./index.ts', import.meta.url).href

/** Runs a piece of a service as a process of its own, and answers all that it printed, on either stream. */
function run(body: string): { lines: string[]; status: number | null } {
  const script = `import { createLogger, parseConfig, readOrExit, routeProcessOutput, BaseConfig } from '${RUNTIME}'\n${body}`
  const ended = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], INSTANCE_NAME: 'api-1', PORT: 'hunter2' },
  })
  return { lines: `${ended.stdout}${ended.stderr}`.split('\n').filter(Boolean), status: ended.status }
}

describe('[OPS39] a service prints JSON lines and nothing else', () => {
  it('when its configuration is not valid: one for each fault, without a value', () => {
    const { lines, status } = run(`readOrExit('api', (env) => parseConfig(BaseConfig, env))`)
    expect(status).toBe(1)
    const said = lines.map((line) => JSON.parse(line) as { msg: string; reason: string; instance: string })
    expect(said.map(({ reason }) => reason.split(':')[0]).toSorted()).toEqual(['ADMIN_PORT', 'PORT', 'REDIS_URL'])
    for (const line of said) expect(line).toMatchObject({ msg: 'the configuration is not valid', instance: 'api-1' })
    expect(lines.join()).not.toContain('hunter2')
  })

  it('when Node warns, and when a library writes to the console', () => {
    const { lines, status } = run(`
      routeProcessOutput(createLogger({ service: 'api', instance: 'api-1', level: 'info' }))
      process.emitWarning('Ann Lee is old', 'DeprecationWarning', 'DEP0001')
      console.error('[ioredis] Unhandled error event: Ann Lee', new Error('Ann Lee'))
      console.log('Ann Lee')
    `)
    expect(status).toBe(0)
    const said = lines.map((line) => JSON.parse(line) as { msg: string; reason: string })
    expect(said.map(({ msg, reason }) => `${msg}: ${reason}`).toSorted()).toEqual([
      'Node warned: DeprecationWarning',
      'a library wrote to the console: ioredis',
      'a library wrote to the console: unknown',
    ])
    expect(lines.join()).not.toContain('Ann Lee')
  })
})
