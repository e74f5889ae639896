import { readFile } from 'node:fs/promises'
import type { Stack } from '../start-stack.ts'

const EVERY_MS = 100

/** Watches the resident memory of all services. `stop` answers by how much the one that grew most was above its start, in MB. */
export async function watchMemory(stack: Stack): Promise<{ most(): number; stop(): number }> {
  const services = [...stack.apis, ...stack.nodes]
  const before = await Promise.all(services.map(({ pid }) => readResidentMb(pid)))
  let most = 0
  const timer = setInterval(() => {
    for (const [i, { pid }] of services.entries())
      void readResidentMb(pid).then((mb) => {
        most = Math.max(most, mb - before[i]!)
      })
  }, EVERY_MS)
  return {
    most: () => most,
    stop() {
      clearInterval(timer)
      return Math.round(most)
    },
  }
}

/** 0 for a process that is gone. Linux. */
async function readResidentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024
}
