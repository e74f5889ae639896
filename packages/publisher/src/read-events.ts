import { CodedError, type ChannelName, type EventEnvelope, type Position } from '@derm/contract'
import type { SqlTx } from './sql-tx.ts'

/** `after`: the caller's cursor in `epoch`. `limit`: rows. */
export type CatchUp = { channel: ChannelName; epoch: string; after: number; limit: number }

/** `events` follow `after` without a gap. `more`: they stop before `head`. `base`: the seq before the epoch's first. */
export type CatchUpPage = { events: EventEnvelope[]; head: Position; base: number; more: boolean }

type Integer = bigint | string | number
type Row = {
  head_epoch: string
  head_seq: Integer
  base: Integer
  seq: Integer | null
  id: string
  type: string
  ms: Integer
  body: string
}

/**
 * A page of a channel's history from Postgres, head and events of one snapshot. The transaction must have named its tenant.
 * @throws CodedError `epoch_changed` when the history that the cursor belongs to has ended, or when the cursor is ahead of it;
 * `history_trimmed` when it no longer reaches back to the cursor.
 */
export async function readEvents(tx: SqlTx, { channel, epoch, after, limit }: CatchUp): Promise<CatchUpPage> {
  const rows = await tx.query<Row>(
    `SELECT coalesce(head.epoch, fresh.epoch) AS head_epoch, coalesce(head.seq, 0) AS head_seq, coalesce(head.base, 0) AS base,
       event.seq, event.id, event.type, floor(extract(epoch FROM event.at) * 1000)::bigint AS ms, event.body
     FROM event_epoch AS fresh LEFT JOIN channel_heads AS head ON head.channel = $1::text
     LEFT JOIN LATERAL (
       SELECT seq, id, type, at, body FROM events
       WHERE events.channel = head.channel AND events.epoch = head.epoch AND events.seq > $2::bigint AND head.epoch = $4::text
       ORDER BY events.seq LIMIT $3::int
     ) AS event ON true
     ORDER BY event.seq`,
    [channel, after, limit, epoch],
  )
  const [first] = rows
  if (!first) throw new Error('event_epoch is empty')
  const head = { epoch: first.head_epoch, seq: Number(first.head_seq) }
  const base = Number(first.base)
  if (epoch !== head.epoch || after > head.seq) throw new CodedError('epoch_changed', head)
  if (after < head.seq && (first.seq === null || Number(first.seq) !== after + 1))
    throw new CodedError('history_trimmed', head)
  const events = rows.flatMap((row) => (row.seq === null ? [] : [toEnvelope(channel, head.epoch, row)]))
  return { events, head, base, more: after + events.length < head.seq }
}

function toEnvelope(channel: ChannelName, epoch: string, { id, type, seq, ms, body }: Row): EventEnvelope {
  const at = new Date(Number(ms)).toISOString()
  return { id, type, channel, epoch, seq: Number(seq), at, ...(JSON.parse(body) as object) } as unknown as EventEnvelope
}
