import { LightClient, type LightOptions } from './light-client.ts'

export type CrowdOrder = 'begin' | 'report'
export type CrowdReport = {
  /** Of each client, its longest silence in milliseconds. */
  silences: number[]
  /** Of each client, the longest time from an event's commit until it had it, in milliseconds. */
  lates: number[]
  /** Of each client, the longest time from leaving a node to being served by the next, in milliseconds. */
  moves: number[]
  /** Of each client, the last event that it has. */
  seqs: number[]
  lost: number
  twice: number
  resyncs: number
  connects: number
  refused: number
}

/** Many light clients in a process of their own: what they cost is not taken from the servers that are measured. */
const { count, ...options } = JSON.parse(process.env['CROWD'] ?? '{}') as LightOptions & { count: number }
const clients: LightClient[] = []
const sum = (of: (client: LightClient) => number) => clients.reduce((total, client) => total + of(client), 0)

process.on('disconnect', () => process.exit(0))
process.on('message', (order: CrowdOrder) => {
  if (order === 'begin') for (const client of clients) client.begin()
  const report: CrowdReport = {
    silences: clients.map(({ longestSilenceMs }) => longestSilenceMs),
    moves: clients.map(({ longestMoveMs }) => longestMoveMs),
    lates: clients.map(({ longestLateMs }) => longestLateMs),
    seqs: clients.map(({ last }) => last?.seq ?? 0),
    lost: sum(({ lost }) => lost),
    twice: sum(({ twice }) => twice),
    resyncs: sum(({ resyncs }) => resyncs),
    connects: sum(({ connects }) => connects),
    refused: sum(({ refused }) => refused),
  }
  process.send?.(report)
})

for (let at = 0; at < count; at += 25)
  await Promise.all(
    Array.from(
      { length: Math.min(25, count - at) },
      () => new Promise<void>((resolve) => void clients.push(new LightClient(options, resolve))),
    ),
  )
process.send?.('ready')
