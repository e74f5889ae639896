import { readFile, readdir } from 'node:fs/promises'
import { readCpuMs } from '../process-cpu.ts'

/** Of `/proc/<pid>/stat`: the number behind the state. */
export async function parentOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

/** CPU of a process' children that live, in milliseconds: of Postgres' sessions, while their pools keep them. */
export async function readChildrenCpuMs(parent: number): Promise<number> {
  let sum = 0
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    // One that ended meanwhile has no figure.
    const isChild = (await parentOf(Number(name)).catch(() => 0)) === parent
    if (isChild) sum += await readCpuMs(Number(name)).catch(() => 0)
  }
  return sum
}

export async function readResidentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024
}
