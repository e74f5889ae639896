import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below the ports that systems deal out to outgoing connections: one of those could take it before the server does, or while it is restarted. */
const FIRST = 15_000
const LAST = 32_000
const TRIES = 200

/** What was given out here, and may not be in use yet. */
const given = new Set<number>()

/** A port of the loopback address that nobody uses at the moment. */
export async function findFreePort(): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    const port = randomInt(FIRST, LAST)
    if (given.has(port) || !(await isPortFree(port))) continue
    given.add(port)
    return port
  }
  throw new Error(`No port is free between ${FIRST} and ${LAST}.`)
}

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
