import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Starts a TypeScript module as a process of its own, with a channel for messages. */
export function forkModule(module: URL, env: Record<string, string>): ChildProcess {
  return fork(fileURLToPath(module), {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}
