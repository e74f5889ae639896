import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Writable } from 'node:stream'
import { CodedError } from '@derm/contract'
import type { Logger } from '@derm/core'
import { expect, it } from 'vitest'
import { createLogger } from './logger.ts'

function capture(): { logger: Logger; lines: () => Record<string, unknown>[]; text: () => string } {
  let text = ''
  const destination = new Writable({ write: (chunk, _, done) => ((text += String(chunk)), done()) })
  const logger = createLogger({ service: 'api', instance: 'api-1', level: 'debug', destination })
  return {
    logger,
    text: () => text,
    lines: () =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

it('[SEC] prints only fields of the allow-list, and no objects inside them', () => {
  const { logger, lines, text } = capture()
  const person = { firstName: 'Ada', email: 'ada@x.example', password: 'pw', token: 'ey' }
  const nested = { type: { firstName: 'Ada' } as never, id: { firstName: 'Ada' } }
  const fields = { ...person, ...nested, route: '/patients/:id', status: 200, code: 'x'.repeat(1000) }
  logger.info(fields, 'answered')
  const smuggled: object = { firstName: 'Ada', requestId: 'r1', patient: person }
  logger.warn(smuggled, 'later')
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
  expect(lines()[0]).not.toHaveProperty('type')
  expect(lines()[0]?.code).toHaveLength(301)
  expect(lines()[1]).toMatchObject({ level: 'warn', requestId: 'r1', msg: 'later' })
})

it('[SEC] does not compile with a field that it would not print', () => {
  const { logger, lines } = capture()
  // @ts-expect-error no such field
  logger.info({ firstName: 'Ada' }, 'answered')
  expect(lines()).toHaveLength(1)
})

it('[SEC] prints an error without the message that a database put values into', () => {
  const { logger, lines, text } = capture()
  const error = Object.assign(new Error('Key (email)=(ada@x.example)\nAda exists'), { code: '23505', detail: 'Ada' })
  logger.error({ error: new CodedError('internal', {}, { cause: error }) }, 'failed')
  expect(text()).not.toMatch(/Ada|ada@/)
  expect(lines()[0]?.error).toMatchObject({
    name: 'CodedError',
    code: 'internal',
    cause: { name: 'Error', code: '23505' },
  })
})

it('[SEC] prints no line of a message that looks like one of the stack', () => {
  const { logger, lines } = capture()
  const message = 'invalid input: "x\n    at Ada Lovelace, born 1815-12-10"\n    at Ada (file:///ada:1:2)'
  const error = new Error(message)
  const renamed = Object.assign(new Error('first\n    at Ada Lovelace, born 1815-12-10'), { message: 'second' })
  for (const one of [error, renamed]) logger.error({ error: one }, 'failed')
  for (const line of lines()) {
    expect(JSON.stringify(line)).not.toMatch(/Ada|1815/)
    expect((line['error'] as { stack: string[] }).stack[0]).toContain('logger.test.ts')
  }
})

it('does not keep a process from ending whose output nobody reads any more', async () => {
  const program = `
    import { createLogger } from ${JSON.stringify(new URL('./logger.ts', import.meta.url).href)}
    const logger = createLogger({ service: 'api', instance: 'api-1', level: 'info' })
    process.stdin.on('end', () => {
      for (let i = 0; i < 3; i++) logger.info({ count: i }, 'nobody reads this')
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
