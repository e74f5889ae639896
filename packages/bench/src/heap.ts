import { waitUntil } from '@derm/local-servers'
import { WebSocket } from 'ws'

/** For a process that is to be asked later: where its inspector listens once it is woken, without a word about it among the tables. */
export const inspectorEnv = (port: number) => ({
  NODE_OPTIONS: `--inspect-port=127.0.0.1:${port} --inspect-publish-uid=http`,
})

/**
 * Bytes that a Node process holds after a full garbage collection: its heap, and the buffers outside of it. Wakes the process' inspector,
 * which it must have been given a port for.
 */
export async function readHeldBytes(pid: number, port: number): Promise<number> {
  process.kill(pid, 'SIGUSR1')
  let url = ''
  await waitUntil(
    async () => {
      const targets = await fetch(`http://127.0.0.1:${port}/json/list`).catch(() => null)
      if (!targets?.ok) return false
      url = ((await targets.json()) as { webSocketDebuggerUrl: string }[])[0]?.webSocketDebuggerUrl ?? ''
      return url !== ''
    },
    { what: `the inspector of process ${pid}` },
  )
  const socket = new WebSocket(url)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  let id = 0
  const call = (method: string, params: object = {}) =>
    new Promise<{ result: { value: string } }>((resolve) => {
      const mine = ++id
      const hear = (data: Buffer) => {
        const message = JSON.parse(data.toString()) as { id?: number; result: { result: { value: string } } }
        if (message.id !== mine) return
        socket.off('message', hear)
        resolve(message.result)
      }
      socket.on('message', hear)
      socket.send(JSON.stringify({ id: mine, method, params }))
    })
  try {
    // Twice: what the first one's finalizers let go of is collected by the second.
    await call('HeapProfiler.collectGarbage')
    await call('HeapProfiler.collectGarbage')
    const { result } = await call('Runtime.evaluate', { expression: 'JSON.stringify(process.memoryUsage())' })
    const { heapUsed, external } = JSON.parse(result.value) as NodeJS.MemoryUsage
    return heapUsed + external
  } finally {
    socket.close()
  }
}
