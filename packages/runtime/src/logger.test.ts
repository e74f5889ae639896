import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Writable } from 'node:stream'
import { CodedError } from '@derm/contract'
import { expect, it } from 'vitest'
import { createLogger, type Logger } from './logger.ts'

function capture(): { log: Logger; lines: () => Record<string, unknown>[]; text: () => string } {
  let text = ''
  const destination = new Writable({ write: (chunk, _, done) => ((text += String(chunk)), done()) })
  const log = createLogger({ service: 'api', instance: 'api-1', level: 'debug', destination })
  return {
    log,
    text: () => text,
    lines: () =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

it('[SEC] prints only fields of the allow-list, and no objects inside them', () => {
  const { log, lines, text } = capture()
  const person = { firstName: 'Ada', email: 'ada@x.example', password: 'pw', token: 'ey', id: { firstName: 'Ada' } }
  log.info({ ...person, route: '/patients/:id', status: 200, code: 'x'.repeat(1000) }, 'answered')
  log.child({ firstName: 'Ada', requestId: 'r1' }).warn({ patient: person }, 'later')
  expect(text()).not.toMatch(/Ada|ada@|"pw"|"ey"/)
  expect(lines()[0]).toMatchObject({
    level: 'info',
    service: 'api',
    instance: 'api-1',
    route: '/patients/:id',
    status: 200,
    msg: 'answered',
  })
  expect(lines()[0]).not.toHaveProperty('id')
  expect(lines()[0]?.code).toHaveLength(301)
  expect(lines()[1]).toMatchObject({ level: 'warn', requestId: 'r1', msg: 'later' })
})

it('[SEC] prints an error without the message that a database put values into', () => {
  const { log, lines, text } = capture()
  const error = Object.assign(new Error('Key (email)=(ada@x.example)\nAda exists'), { code: '23505', detail: 'Ada' })
  log.error({ error: new CodedError('internal', {}, { cause: error }) }, 'failed')
  expect(text()).not.toMatch(/Ada|ada@/)
  expect(lines()[0]?.error).toMatchObject({
    name: 'CodedError',
    code: 'internal',
    cause: { name: 'Error', code: '23505' },
  })
})

it('[SEC] prints no line of a message that looks like one of the stack', () => {
  const { log, lines } = capture()
  const message = 'invalid input: "x\n    at Ada Lovelace, born 1815-12-10"\n    at Ada (file:///ada:1:2)'
  const error = new Error(message)
  const renamed = Object.assign(new Error('first\n    at Ada Lovelace, born 1815-12-10'), { message: 'second' })
  for (const one of [error, renamed]) log.error({ error: one }, 'failed')
  for (const line of lines()) {
    expect(JSON.stringify(line)).not.toMatch(/Ada|1815/)
    expect((line['error'] as { stack: string[] }).stack[0]).toContain('logger.test.ts')
  }
})

it('does not keep a process from ending whose output nobody reads any more', async () => {
  const program = `
    import { createLogger } from ${JSON.stringify(new URL('./logger.ts', import.meta.url).href)}
    const log = createLogger({ service: 'api', instance: 'api-1', level: 'info' })
    process.stdin.on('end', () => {
      for (let i = 0; i < 3; i++) log.info({ count: i }, 'nobody reads this')
      process.exit(3)
    }).resume()
    process.send('ready')`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
    stdio: ['pipe', 'pipe', 'inherit', 'ipc'],
  })
  try {
    await once(child, 'message')
    child.stdout!.destroy()
    child.stdin!.end()
    expect(await once(child, 'exit')).toEqual([3, null])
  } finally {
    child.kill('SIGKILL')
  }
})
