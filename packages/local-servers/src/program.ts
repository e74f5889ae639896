import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { waitUntil } from './wait-until.ts'

export const run = promisify(execFile)

/** Where a program stands in PATH. */
export function findProgram(...names: string[]): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter))
    for (const name of names) {
      const file = join(folder, name)
      try {
        accessSync(file, constants.X_OK)
        return file
      } catch {
        // Not here.
      }
    }
  return null
}

/** Whether Debian's packages can be installed: apt is here, and we are root. */
export const canInstall = () => process.getuid?.() === 0 && findProgram('apt-get') !== null

export async function aptInstall(what: string): Promise<void> {
  process.stdout.write(`Installing ${what} with apt …\n`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = () => run('apt-get', ['install', '-y', '--no-install-recommends', what], { env, maxBuffer: 64e6 })
  await install().catch(async () => {
    await run('apt-get', ['update'], { env, maxBuffer: 64e6 })
    await install()
  })
}

export type Program = {
  /** Of the program itself, not of its keeper; 0 while it does not run. */
  readonly pid: number
  readonly hasEnded: boolean
  /** Resolves when it has ended, whoever ended it. */
  readonly ended: Promise<void>
  stop(): Promise<void>
}

/** How long a program may take to end when it is asked to. */
const END_MS = 10_000

/** A program that ends when we do, even when we are killed: a small keeper between us waits for our pipe to close. */
export async function startKept(
  command: string,
  args: string[],
  { uid, signal = 'SIGTERM' }: { uid?: number; signal?: NodeJS.Signals } = {},
): Promise<Program> {
  const keeper = fileURLToPath(new URL('../bin/keeper.js', import.meta.url))
  const child = spawn(process.execPath, [keeper, uid === undefined ? '' : String(uid), signal, command, ...args], {
    stdio: ['pipe', 'ignore', 'inherit', 'ipc'],
    // Ctrl-C reaches the whole group of the terminal; the order of the end is ours.
    detached: true,
  })
  const input = child.stdin!
  input.on('error', () => {})
  const pid = await new Promise<number>((resolve) => {
    child.once('message', (message) => resolve((message as { pid?: number }).pid ?? 0))
    child.once('exit', () => resolve(0))
  })
  let hasEnded = false
  const ended = (async () => {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    // The keeper alone was killed: nobody else ends the program now.
    if (isAlive(pid)) await endProcess(pid, signal)
    hasEnded = true
  })()
  return {
    pid,
    get hasEnded() {
      return hasEnded
    },
    ended,
    stop() {
      input.end()
      return ended
    },
  }
}

function isAlive(pid: number): boolean {
  return pid > 0 && send(pid, 0)
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

async function endProcess(pid: number, signal: NodeJS.Signals): Promise<void> {
  send(pid, signal)
  await waitUntil(() => !isAlive(pid), { what: `process ${pid} to end`, timeoutMs: END_MS }).catch(() =>
    send(pid, 'SIGKILL'),
  )
}

const LONG_ENOUGH_MS = 10_000
const MAX_BREAK_MS = 5000

/** Told when a program ended without being asked to, and when it was started again. */
export type OnRestart = (what: 'ended' | 'started') => void

/** Starts a running program again whenever it ends without being asked to: after a break, that grows while it does not stay. */
export function keepRunning(running: Program, start: () => Promise<Program>, onRestart: OnRestart): Program {
  let current = running
  let isWanted = true
  let wake = () => {}

  const ended = (async () => {
    for (let failures = 0; ; failures++) {
      const startedAt = Date.now()
      await current.ended
      if (!isWanted) return
      onRestart('ended')
      if (Date.now() - startedAt > LONG_ENOUGH_MS) failures = 0
      await new Promise<void>((resolve) => {
        wake = resolve
        setTimeout(resolve, Math.min(MAX_BREAK_MS, 200 * 2 ** failures))
      })
      if (!isWanted) return
      current = await start()
      // Asked to stop meanwhile.
      if (!isWanted) await current.stop()
      else onRestart('started')
    }
  })()
  return {
    get pid() {
      return current.hasEnded ? 0 : current.pid
    },
    get hasEnded() {
      return !isWanted && current.hasEnded
    },
    ended,
    async stop() {
      isWanted = false
      wake()
      await current.stop()
      await ended
    },
  }
}
