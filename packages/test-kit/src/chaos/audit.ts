import { comparePositions } from '@derm/contract'
import type { PlainClient, Row } from './plain-client.ts'

export type EventRow = { channel: string; epoch: string; seq: number; id: string; type: string }

export type Audit = {
  delivered: number
  recovered: number
  resyncs: number
  /** The most resyncs that one client had on one channel. */
  mostResyncs: number
  lost: number
  twice: number
  /** Views that differ from the rows. */
  wrongViews: number
  faults: string[]
}

/**
 * Compares what each client applied with the event table: from its start on, every committed event is there once and in order, but
 * for what a resync declared; and its view against the rows.
 */
export function auditClients(
  clients: readonly PlainClient[],
  events: readonly EventRow[],
  rows: ReadonlyMap<string, Row>,
): Audit {
  const audit: Audit = {
    delivered: 0,
    recovered: 0,
    resyncs: 0,
    mostResyncs: 0,
    lost: 0,
    twice: 0,
    wrongViews: 0,
    faults: [],
  }
  for (const [index, client] of clients.entries()) {
    audit.delivered += client.applied.length
    audit.recovered += client.recovered
    audit.resyncs += client.resyncs.length
    audit.faults.push(...client.faults.map((fault) => `client ${index} on ${client.node}: ${fault}`))
    const seen = new Set<string>()
    for (const { id } of client.applied) {
      if (seen.has(id)) audit.twice++
      seen.add(id)
    }
    for (const [channel, start] of client.starts) {
      const resyncs = client.resyncs.filter((resync) => resync.channel === channel)
      audit.mostResyncs = Math.max(audit.mostResyncs, resyncs.length)
      const declared = resyncs.reduce((last, resync) => (comparePositions(resync, last) > 0 ? resync : last), start)
      for (const event of events)
        if (event.channel === channel && comparePositions(event, declared) > 0 && !seen.has(event.id)) audit.lost++
    }
    if (client.starts.size === 0) audit.faults.push(`client ${index} never subscribed`)
    if (!equalViews(client.view, rows)) audit.wrongViews++
  }
  return audit
}

function equalViews(view: ReadonlyMap<string, Row>, rows: ReadonlyMap<string, Row>): boolean {
  if (view.size !== rows.size) return false
  for (const [id, row] of rows) {
    const shown = view.get(id)
    if (shown?.version !== row.version || shown.status !== row.status) return false
  }
  return true
}
