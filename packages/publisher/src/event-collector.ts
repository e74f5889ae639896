import { parseChannel, type ChannelName, type NewEvent, type Position } from '@derm/contract'
import { shardOf } from '@derm/core'
import type { SqlTx } from './sql-tx.ts'

/**
 * Where a transaction's events ended up, once it commits. `positions`: each channel's newest, for `Published`.
 * `shards`: what the relay should drain after the commit, ascending.
 */
export type Flushed = { positions: Map<ChannelName, Position>; shards: number[] }

export type EventCollector = {
  /** @throws after the flush: the event would never be written. */
  add(...events: NewEvent[]): void
  readonly size: number
  /**
   * Writes all events, in the order in which they were added, in one round trip. It must be the transaction's last statement that
   * waits for a lock: from here on the channels' head rows are held, and who else writes to these channels waits.
   * @throws when called a second time: two flushes of one transaction would lock heads out of order.
   */
  flush(tx: SqlTx): Promise<Flushed>
}

/** `mutationId`: the request's Idempotency-Key. `traceparent`: W3C trace context. */
export type EventOrigin = { mutationId?: string; traceparent?: string }

/**
 * One statement. The upsert locks the head rows in the order of their names, whatever the order of the events, so two
 * transactions cannot wait for each other; whoever holds a head's row gives out its next seqs, and the next in line
 * reads them only after the commit: no gap, commit order. `back`: how far the event is from the channel's last of this flush.
 */
const FLUSH = `
  WITH heads AS (
    INSERT INTO channel_heads AS head (channel, shard, tenant_id, epoch, seq, updated_at)
    SELECT added.channel, added.shard, added.tenant_id, (SELECT epoch FROM event_epoch), added.count, clock_timestamp()
    FROM unnest($1::text[], $2::int[], $3::uuid[], $4::int[]) AS added (channel, shard, tenant_id, count)
    ORDER BY added.channel COLLATE "C"
    ON CONFLICT (channel) DO UPDATE SET seq = head.seq + excluded.seq, updated_at = clock_timestamp()
    RETURNING channel, shard, tenant_id, epoch, seq
  ), written AS (
    INSERT INTO events (channel, epoch, seq, id, type, shard, tenant_id, at, body)
    SELECT heads.channel, heads.epoch, heads.seq - added.back, added.id, added.type, heads.shard, heads.tenant_id,
      clock_timestamp(), added.body
    FROM unnest($5::text[], $6::int[], $7::uuid[], $8::text[], $9::text[]) AS added (channel, back, id, type, body)
    JOIN heads ON heads.channel = added.channel
  )
  SELECT channel, shard, epoch, seq FROM heads`

type HeadRow = { channel: ChannelName; shard: number; epoch: string; seq: bigint | string | number }

/** Collects the events of one transaction. */
export function createEventCollector(origin: EventOrigin = {}): EventCollector {
  const events: NewEvent[] = []
  let isFlushed = false

  return {
    add(...added) {
      if (isFlushed) throw new Error('this transaction’s events were flushed already: its later ones would be lost')
      events.push(...added)
    },
    get size() {
      return events.length
    },
    async flush(tx) {
      if (isFlushed) throw new Error('a transaction’s events are flushed once, as its last statement')
      isFlushed = true
      if (events.length === 0) return { positions: new Map(), shards: [] }
      const rows = await tx.query<HeadRow>(FLUSH, toParameters(events, origin))
      return {
        positions: new Map(rows.map((row) => [row.channel, { epoch: row.epoch, seq: Number(row.seq) }])),
        shards: [...new Set(rows.map((row) => Number(row.shard)))].toSorted((a, b) => a - b),
      }
    },
  }
}

function toParameters(events: readonly NewEvent[], origin: EventOrigin): unknown[][] {
  const counts = new Map<string, number>()
  for (const { channel } of events) counts.set(channel, (counts.get(channel) ?? 0) + 1)
  const channels = [...counts.keys()]
  const left = new Map(counts)
  const backs = events.map(({ channel }) => {
    const back = (left.get(channel) ?? 0) - 1
    left.set(channel, back)
    return back
  })
  return [
    channels,
    channels.map(shardOf),
    channels.map(tenantOf),
    [...counts.values()],
    events.map((event) => event.channel),
    backs,
    events.map((event) => event.id),
    events.map((event) => event.type),
    events.map((event) => toBody(event, origin)),
  ]
}

function tenantOf(channel: string): string {
  const parsed = parseChannel(channel)
  if (!parsed) throw new Error('an event’s channel is not a channel’s name')
  return parsed.tenantId
}

/** The envelope without what the row's own columns say. */
function toBody({ id: _id, type: _type, channel: _channel, ...rest }: NewEvent, origin: EventOrigin): string {
  return JSON.stringify({ ...rest, ...origin })
}
