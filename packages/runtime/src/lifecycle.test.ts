import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { createLifecycle, type Lifecycle, type LifecycleOptions } from './lifecycle.ts'
import type { Logger } from '@derm/core'

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} }

function setUp(options: Partial<LifecycleOptions> = {}) {
  const host = Object.assign(new EventEmitter(), {
    exits: [] as number[],
    exit: (code: number) => void host.exits.push(code),
    stdin: Object.assign(new EventEmitter(), { resume() {} }),
  })
  const lifecycle = createLifecycle({ logger, graceMs: 1_000, process: host as unknown as NodeJS.Process, ...options })
  const steps: string[] = []
  const add = (name: string, faults: { start?: boolean; stop?: boolean } = {}) =>
    lifecycle.add({
      name,
      start: () => {
        steps.push(`start ${name}`)
        if (faults.start) throw new Error('no')
      },
      drain: () => steps.push(`drain ${name}`),
      stop: () => {
        steps.push(`stop ${name}`)
        if (faults.stop) throw new Error('no')
      },
    })
  return { host, lifecycle, steps, add }
}
const ended = (lifecycle: Lifecycle) => lifecycle.end('asked')

it('starts in order, drains all and stops all in reverse order, exit 0', async () => {
  const { host, lifecycle, steps, add } = setUp()
  add('a')
  add('b', { stop: true })
  await lifecycle.start()
  expect(lifecycle.isRunning()).toBe(true)
  host.emit('SIGTERM')
  expect(lifecycle.isRunning()).toBe(false)
  await ended(lifecycle)
  expect(steps).toEqual(['start a', 'start b', 'drain b', 'drain a', 'stop b', 'stop a'])
  expect(host.exits).toEqual([0])
})

it('a failed start stops what had started, exit 1', async () => {
  const { host, lifecycle, steps, add } = setUp()
  add('a')
  add('b', { start: true })
  add('c')
  await lifecycle.start()
  expect(steps).toEqual(['start a', 'start b', 'drain b', 'drain a', 'stop b', 'stop a'])
  expect(host.exits).toEqual([1])
  expect(lifecycle.isRunning()).toBe(false)
})

it('the same signal again exits at once, the other one does not; a drain that hangs runs out of time', async () => {
  const { host, lifecycle } = setUp()
  lifecycle.add({ name: 'hangs', drain: () => new Promise(() => {}) })
  await lifecycle.start()
  host.emit('SIGTERM')
  host.emit('SIGINT')
  expect(host.exits).toEqual([])
  host.emit('SIGTERM')
  expect(host.exits).toEqual([1])

  const slow = setUp({ graceMs: 5 })
  slow.lifecycle.add({ name: 'hangs', drain: () => new Promise(() => {}) })
  await slow.lifecycle.start()
  slow.host.emit('SIGTERM')
  await expect.poll(() => slow.host.exits).toEqual([1])
})

it('an uncaught exception drains and exits with 70; an unhandled rejection is counted, and the process lives', async () => {
  let rejections = 0
  const { host, lifecycle, steps, add } = setUp({ onUnhandledRejection: () => rejections++ })
  add('a')
  await lifecycle.start()
  host.emit('unhandledRejection', new Error('dropped'))
  expect(rejections).toBe(1)
  expect(lifecycle.isRunning()).toBe(true)
  host.emit('uncaughtException', new Error('broken'))
  await ended(lifecycle)
  expect(steps).toContain('drain a')
  expect(host.exits).toEqual([70])
})

it('a child of the stack ends with its parent', async () => {
  const { host, lifecycle } = setUp({ isStackChild: true })
  await lifecycle.start()
  host.stdin.emit('end')
  await ended(lifecycle)
  expect(host.exits).toEqual([0])
})
