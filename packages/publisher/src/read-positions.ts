import type { ChannelName, Position } from '@derm/contract'
import type { SqlTx } from './sql-tx.ts'

type Row = { channel: ChannelName; epoch: string; seq: bigint | string | number }

/**
 * The channels' heads, for `As-Of`. It must be the statement before the data's, in the same READ COMMITTED transaction: what
 * committed between the two is then in the data and not in the positions, which is the safe way round.
 * A channel that never had an event is at seq 0 of the epoch that it will begin with.
 */
export async function readPositions(tx: SqlTx, channels: readonly ChannelName[]): Promise<Map<ChannelName, Position>> {
  const rows = await tx.query<Row>(
    `SELECT asked.channel, coalesce(head.epoch, fresh.epoch) AS epoch, coalesce(head.seq, 0) AS seq
     FROM unnest($1::text[]) AS asked (channel) CROSS JOIN event_epoch AS fresh
     LEFT JOIN channel_heads AS head ON head.channel = asked.channel`,
    [channels],
  )
  return new Map(rows.map(({ channel, epoch, seq }) => [channel, { epoch, seq: Number(seq) }]))
}
