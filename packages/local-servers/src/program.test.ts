import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { keepRunning, startKept } from './program.ts'
import { waitUntil } from './wait-until.ts'

const start = () => startKept('sleep', ['1000'])
const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
/** Of `/proc/<pid>/stat`: the number behind the state. */
async function parentOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

it('a program is known by its own number, and ends when it is asked to', async () => {
  const program = await start()
  expect(await readFile(`/proc/${program.pid}/comm`, 'utf8')).toBe('sleep\n')
  await program.stop()
  expect(program.hasEnded).toBe(true)
  expect(isAlive(program.pid)).toBe(false)
})

it('a program whose keeper is killed ends too', async () => {
  const program = await start()
  process.kill(await parentOf(program.pid), 'SIGKILL')
  await program.ended
  expect(isAlive(program.pid)).toBe(false)
})

it('a program that cannot be started says so', async () => {
  const program = await startKept('no-such-program', [])
  await program.ended
  expect(program).toMatchObject({ pid: 0, hasEnded: true })
})

it('a program that is to run is started again when it ends, until it is stopped', async () => {
  const told: string[] = []
  const program = keepRunning(await start(), start, (what) => told.push(what))
  const first = program.pid
  process.kill(first, 'SIGKILL')
  await waitUntil(() => told.length === 2, { what: 'the program to run again' })
  expect(told).toEqual(['ended', 'started'])
  const second = program.pid
  expect(second).not.toBe(first)
  expect(isAlive(second)).toBe(true)
  await program.stop()
  expect(isAlive(second)).toBe(false)
  expect(program.hasEnded).toBe(true)
  expect(told).toHaveLength(2)
})
