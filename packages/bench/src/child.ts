import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { forkModule } from '@derm/test-kit'

/** Starts one of `servers/` as a process of its own, so that its CPU can be told from the others'. */
export async function startServer(
  name: string,
  env: Record<string, string>,
): Promise<{ pid: number; port: number; stop(): Promise<void> }> {
  const child = startChild(name, env)
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { pid: child.pid!, port, stop: () => stopChild(child) }
}

export function startChild(name: string, env: Record<string, string>): ChildProcess {
  return forkModule(new URL(`./servers/${name}.ts`, import.meta.url), env)
}

export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}
