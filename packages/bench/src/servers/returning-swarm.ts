import { WebSocket } from 'ws'

/**
 * Many light clients in one process that keep a cursor, notice when their node is gone, and come back to another with the delays of our client.
 */
export type ReturningOrder =
  { do: 'connect'; urls: string[]; count: number; token: string; origin: string; subscribe: Want } | { do: 'count' }
export type Want = { topic: string; location: string }
export type ReturningAnswer = {
  /** Clients that are subscribed now, and when the last one got so, in milliseconds since 1970. */
  live: number
  lastLiveAt: number
  /** What the client that got the fewest has seen of the channel. */
  leastSeq: number
  lost: number
  twice: number
  resyncs: number
  connects: number
}

type Client = { channel: string; seq: number; epoch: string; isLive: boolean; failures: number }
type Position = { channel: string; epoch: string; seq: number }

const clients: Client[] = []
const totals = { lastLiveAt: 0, lost: 0, twice: 0, resyncs: 0, connects: 0 }

process.on('message', (order: ReturningOrder) => {
  if (order.do === 'connect') void connectAll(order).then(answer)
  else answer()
})
process.on('disconnect', () => process.exit(0))

function answer(): void {
  const message: ReturningAnswer = {
    ...totals,
    live: clients.filter(({ isLive }) => isLive).length,
    leastSeq: Math.min(...clients.map(({ seq }) => seq)),
  }
  process.send?.(message)
}

type ConnectOrder = Extract<ReturningOrder, { do: 'connect' }>

/** Fifty at a time: this is not what is measured. */
async function connectAll(order: ConnectOrder): Promise<void> {
  for (let at = 0; at < order.count; at += 50)
    await Promise.all(
      Array.from({ length: Math.min(50, order.count - at) }, () => {
        const client: Client = { channel: '', seq: 0, epoch: '', isLive: false, failures: 0 }
        clients.push(client)
        return new Promise<void>((resolve) => connect(client, order, 0, resolve))
      }),
    )
}

function connect(client: Client, order: ConnectOrder, turn: number, onLive: () => void): void {
  const socket = new WebSocket(`${order.urls[turn % order.urls.length]}/realtime/?EIO=4&transport=websocket`, {
    perMessageDeflate: false,
    headers: { origin: order.origin },
  })
  totals.connects++
  const take = ({ epoch, seq }: { epoch: string; seq: number }) => {
    if (epoch === client.epoch && seq <= client.seq) return void totals.twice++
    if (client.seq > 0 && (epoch !== client.epoch || seq !== client.seq + 1)) totals.lost++
    Object.assign(client, { epoch, seq })
  }
  const accept = (position: Position & { status: string; events: { epoch: string; seq: number }[] }) => {
    if (position.status === 'resync') totals.resyncs++
    position.events.forEach(take)
    if (position.status === 'recovered' && position.seq !== client.seq) totals.lost++
    const { channel, epoch, seq } = position
    Object.assign(client, { channel, epoch, seq, isLive: true, failures: 0 })
    totals.lastLiveAt = Date.now()
    onLive()
  }
  socket.on('error', () => {})
  socket.on('close', () => {
    client.isLive = false
    const delay = Math.random() * Math.min(15_000, 250 * 2 ** client.failures++)
    setTimeout(() => connect(client, order, turn + 1, onLive), delay)
  })
  socket.on('message', (data: Buffer) => {
    const text = data.toString()
    if (text === '2') socket.send('3')
    else if (text.startsWith('0')) socket.send(`40${JSON.stringify({ token: order.token, protocol: 1 })}`)
    else if (text.startsWith('40')) {
      const cursors = client.epoch ? { cursors: { [client.channel]: { epoch: client.epoch, seq: client.seq } } } : {}
      socket.send(`420${JSON.stringify(['subscribe', { channels: [{ ...order.subscribe, ...cursors }] }])}`)
    } else if (text.startsWith('430')) {
      const [ack] = JSON.parse(text.slice(3)) as [{ ok: boolean; channels: Parameters<typeof accept>[0][] }]
      if (!ack.ok) return socket.close()
      accept(ack.channels[0]!)
    } else if (text.startsWith('42["appointment')) take((JSON.parse(text.slice(2)) as [string, Position])[1])
  })
}
