import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

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

export type Program = { process: ChildProcess; pid: number; stop(): Promise<void> }

/** A program that ends when we do, even when we are killed: a small keeper between us waits for our pipe to close. */
export function startKept(
  command: string,
  args: string[],
  { uid, signal = 'SIGTERM' }: { uid?: number; signal?: string } = {},
): Program {
  const keeper = fileURLToPath(new URL('../bin/keeper.js', import.meta.url))
  const child = spawn(process.execPath, [keeper, uid === undefined ? '' : String(uid), signal, command, ...args], {
    stdio: ['pipe', 'ignore', 'inherit'],
    // Ctrl-C reaches the whole group of the terminal; the order of the end is ours.
    detached: true,
  })
  child.stdin.on('error', () => {})
  return {
    process: child,
    pid: child.pid!,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve()
        child.once('exit', () => resolve())
        child.stdin.end()
      }),
  }
}
