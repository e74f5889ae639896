import { getSeedIds } from '@derm/database'
import { openRawSocket } from '../../raw-socket.ts'
import { signIn } from '../../sign-in.ts'
import type { Attack } from '../attack.ts'
import { FLOODS } from '../floods.ts'
import { watchMemory } from '../memory-watch.ts'

const FLOOD_BYTES = 48_000_000
/** A node at work breathes by some tens of MB; a flood that is kept comes to hundreds. */
const MOST_GROWN_MB = 96

/** Connections that send one thing without end and read nothing, without a token and with one. */
export const unreadFloods: Attack = {
  name: 'floods of frames of every kind, and nothing read',
  rule: 'SES20',
  tries: { full: 100, short: 8 },
  async run(stack, tries) {
    const faults: string[] = []
    const { accessToken } = await signIn(stack.apis[0]!.url, stack.origin, getSeedIds().lakeside.users['biller']!.email)
    const kinds = FLOODS.flatMap((flood) => (flood.needsToken ? [true] : [false, true]).map((has) => ({ flood, has })))
    for (let i = 0; i < tries; i++) {
      const { flood, has } = kinds[i % kinds.length]!
      const memory = await watchMemory(stack)
      const socket = await openRawSocket(stack, { node: i % 2, isDeaf: true, ...(has ? { token: accessToken } : {}) })
      if (flood.first) socket.tcp.write(flood.first)
      const sent = await socket.flood(flood.then, FLOOD_BYTES)
      const grewMb = memory.stop()
      const what = `${flood.name}, ${has ? 'with' : 'without'} a token`
      if (sent >= FLOOD_BYTES) faults.push(`${what}: all of ${sent} bytes were taken`)
      if (grewMb > MOST_GROWN_MB) faults.push(`${what}: a node grew by ${grewMb} MB`)
      socket.tcp.destroy()
    }
    return faults
  },
}
