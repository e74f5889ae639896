import { WebSocket } from 'ws'

/**
 * Many light clients in one process: raw `ws`, speaking as much Engine.IO and Socket.IO as they need, so that the
 * clients' own cost does not hide the server's.
 */
export type SwarmOrder =
  | {
      do: 'connect'
      url: string
      count: number
      protocol: 'bare' | 'socket.io'
      tokens?: string[]
      origin?: string
      subscribe?: unknown
    }
  | { do: 'reset' }
  | { do: 'count' }
export type SwarmAnswer =
  { ready: number } | { frames: number; perClient: [least: number, most: number] } | { reset: true }

let counts: number[] = []
const sockets: WebSocket[] = []

process.on('message', (order: SwarmOrder) => {
  if (order.do === 'connect') void connectAll(order).then(() => answer({ ready: sockets.length }))
  else if (order.do === 'reset') {
    counts = counts.map(() => 0)
    answer({ reset: true })
  } else
    answer({ frames: counts.reduce((sum, n) => sum + n, 0), perClient: [Math.min(...counts), Math.max(...counts)] })
})
process.on('disconnect', () => process.exit(0))

const answer = (message: SwarmAnswer) => process.send?.(message)

async function connectAll(order: Extract<SwarmOrder, { do: 'connect' }>): Promise<void> {
  for (let at = 0; at < order.count; at += 50)
    await Promise.all(Array.from({ length: Math.min(50, order.count - at) }, (_, i) => connectOne(order, at + i)))
}

function connectOne(order: Extract<SwarmOrder, { do: 'connect' }>, index: number): Promise<void> {
  counts[index] = 0
  const token = order.tokens?.[index % order.tokens.length]
  return new Promise((resolve, reject) => {
    const path = order.protocol === 'bare' ? '/' : '/realtime/?EIO=4&transport=websocket'
    const socket = new WebSocket(order.url + path, {
      perMessageDeflate: false,
      ...(order.origin ? { headers: { origin: order.origin } } : {}),
    })
    sockets.push(socket)
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`client ${index} was closed`)))
    if (order.protocol === 'bare') {
      socket.on('open', () => resolve())
      socket.on('message', () => counts[index]!++)
      return
    }
    socket.on('message', (data: Buffer) => {
      const text = data.toString('latin1', 0, 64)
      if (text.startsWith('42["appointment')) counts[index]!++
      else if (text === '2') socket.send('3')
      else if (text.startsWith('0')) socket.send(`40${JSON.stringify({ token, protocol: 1 })}`)
      else if (text.startsWith('40')) socket.send(`420${JSON.stringify(['subscribe', order.subscribe ?? {}])}`)
      else if (text.startsWith('430')) {
        if (data.toString().includes('"ok":true')) resolve()
        else reject(new Error(`client ${index}: ${data.toString().slice(0, 300)}`))
      } else if (text.startsWith('44')) reject(new Error(`client ${index}: ${data.toString()}`))
    })
  })
}
