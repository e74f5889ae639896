import type { ChannelName } from '@derm/contract'
import type { ChannelHead, OutboxRow, LockedShard, RelayStore } from '@derm/core/relay'
import type pg from 'pg'

/**
 * The relay's store on Postgres, on `createRelayPool`'s connections. The lock is the
 * transaction's: it ends with it, also when the connection is lost or the role's idle timeout ends a frozen relay, and it is
 * safe behind a pooler that deals out connections by transaction.
 */
const RELAY_LOCK = 7105

/** A head's `updated_at`, and an event's `at`, is that of the flush; its commit may be later by as long as a transaction of the API may live. */
const COMMIT_DELAY_MS = 15_000

type Row = Omit<OutboxRow, 'seq' | 'at'> & { seq: string; at: string }
type HeadRow = { channel: ChannelName; epoch: string; seq: string; base: string; is_ahead?: boolean }

/** `lag`: of committed, unpublished rows, for metrics. */
export type PgRelayStore = RelayStore & { lag(): Promise<{ rows: number; seconds: number }> }

export function createPgRelayStore(pool: pg.Pool): PgRelayStore {
  /**
   * Milliseconds since 1970. What was flushed before is the business of the comparison of heads. What was published leaves a dead entry in the
   * index, which costs as much as a living one as long as anybody's snapshot may still see it: here nobody looks at those again.
   */
  let lookedUntil: number | null = null
  return {
    async withShardLock(shard, { wait }, work) {
      const client = await pool.connect()
      let failure: Error | undefined
      // A connection that dies while `work` waits for Redis says so here, and to the next query.
      const onError = (error: Error) => void (failure = error)
      client.on('error', onError)
      try {
        if (!(await begin(client, shard, wait))) {
          await client.query('ROLLBACK')
          return 'busy'
        }
        const result = await work(createLockedShard(client, shard))
        await client.query('COMMIT')
        return result
      } catch (error) {
        await client.query('ROLLBACK').catch((lost: Error) => void (failure ??= lost))
        throw error
      } finally {
        client.off('error', onError)
        client.release(failure)
      }
    },

    async followServer() {
      const { rows } = await pool.query<{ epoch: string | null }>('SELECT follow_event_server() AS epoch')
      return rows[0]?.epoch != null
    },

    async oldestPendingMs() {
      const { rows } = await pool.query<{ now: string; oldest: string | null }>(
        `SELECT extract(epoch FROM now()) * 1000 AS now, (
           SELECT extract(epoch FROM at) * 1000 FROM events
           WHERE published_at IS NULL AND at >= to_timestamp(coalesce($1, extract(epoch FROM now()) * 1000 - $2) / 1000)
           ORDER BY at LIMIT 1
         ) AS oldest`,
        [lookedUntil, COMMIT_DELAY_MS],
      )
      const now = Number(rows[0]!.now)
      const oldest = rows[0]!.oldest === null ? Infinity : Number(rows[0]!.oldest)
      lookedUntil = Math.min(oldest, now - COMMIT_DELAY_MS)
      // Of a time that is yet to come, as after a failover to a server whose clock is behind: nobody knows for how long it waits.
      return oldest === Infinity ? null : Math.abs(now - oldest)
    },

    async latePending(ms, limit) {
      const { rows } = await pool.query<{ shard: number; channel: ChannelName }>(
        `SELECT DISTINCT shard, channel FROM events
         WHERE published_at IS NULL AND abs(extract(epoch FROM now() - at)) * 1000 >= $1::float8 LIMIT $2`,
        [ms, limit],
      )
      return rows
    },

    async lag() {
      const { rows } = await pool.query<{ rows: string; seconds: string }>(
        `SELECT count(*) AS rows, coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0) AS seconds
         FROM events WHERE published_at IS NULL`,
      )
      return { rows: Number(rows[0]?.rows ?? 0), seconds: Math.max(0, Number(rows[0]?.seconds ?? 0)) }
    },
  }
}

/**
 * One message, two statements: the transaction and its lock. The read is another: its snapshot is then from after the wait,
 * and has all that the relay before it marked.
 */
async function begin(client: pg.PoolClient, shard: number, wait: boolean): Promise<boolean> {
  if (!Number.isInteger(shard)) throw new Error('a shard is a whole number')
  const key = `${RELAY_LOCK}, ${shard}`
  const tryLock = wait ? `pg_advisory_xact_lock(${key}) IS NOT NULL` : `pg_try_advisory_xact_lock(${key})`
  const results = await client.query(`BEGIN ISOLATION LEVEL READ COMMITTED; SELECT ${tryLock} AS locked`)
  const [, lock] = results as unknown as [unknown, pg.QueryResult<{ locked: boolean }>]
  return lock.rows[0]?.locked === true
}

function createLockedShard(client: pg.PoolClient, shard: number): LockedShard {
  /** The times of what was read, so that marking looks only into those days' partitions. */
  let from = Infinity
  let to = -Infinity

  async function read(query: string, parameters: unknown[]): Promise<OutboxRow[]> {
    const { rows } = await client.query<Row>(query, parameters)
    return rows.map((row) => {
      const at = Number(row.at)
      from = Math.min(from, at)
      to = Math.max(to, at)
      return { ...row, seq: Number(row.seq), at }
    })
  }

  return {
    pending: (limit, except = []) => read('SELECT * FROM pending_events($1, $2, $3)', [shard, limit, except]),

    async mark(rows) {
      if (rows.length === 0) return
      const [earliest, latest] = from <= to ? [from, to] : [0, Date.now() + 86_400_000]
      await client.query(
        `UPDATE events SET published_at = clock_timestamp()
         FROM unnest($1::text[], $2::text[], $3::bigint[]) AS done (channel, epoch, seq)
         WHERE events.channel = done.channel AND events.seq = done.seq AND events.epoch = done.epoch
           AND events.published_at IS NULL AND events.shard = $4
           AND events.at >= to_timestamp($5::float8 / 1000) AND events.at < to_timestamp(($6::float8 + 1) / 1000)`,
        [
          rows.map((row) => row.channel),
          rows.map((row) => row.epoch),
          rows.map((row) => row.seq),
          shard,
          earliest,
          latest,
        ],
      )
    },

    async heads(since) {
      const { rows } = await client.query<HeadRow>(
        `SELECT channel, epoch, seq, base, plausible_epoch(epoch) IS NULL AS is_ahead FROM channel_heads
         WHERE shard = $1 AND updated_at >= to_timestamp($2::float8 / 1000)`,
        [shard, Math.max(0, since - COMMIT_DELAY_MS)],
      )
      return rows.map(toHead)
    },

    read: (channel, after, limit) =>
      read(
        `SELECT channel, epoch, seq, id, type, floor(extract(epoch FROM at) * 1000)::bigint AS at, body
         FROM events
         WHERE channel = $1 AND seq > $2 AND epoch = (SELECT epoch FROM channel_heads WHERE channel = $1)
         ORDER BY seq LIMIT $3`,
        [channel, after, limit],
      ),

    async startEpoch(channel, than) {
      // The head's row first: no flush can then add a row of the old epoch.
      const { rows: found } = await client.query<{ epoch: string }>(
        `SELECT next_epoch(greatest(plausible_epoch(epoch) COLLATE "C", plausible_epoch($2::text))) AS epoch
         FROM channel_heads WHERE channel = $1 FOR UPDATE`,
        [channel, than],
      )
      const epoch = found[0]?.epoch
      if (epoch === undefined) throw new Error('a new epoch was asked for a channel without a head')
      const { rows: moved } = await client.query<{ first: string | null }>(
        `WITH moved AS (
           UPDATE events SET epoch = $2 WHERE channel = $1 AND shard = $3 AND published_at IS NULL RETURNING seq
         ) SELECT min(seq) AS first FROM moved`,
        [channel, epoch, shard],
      )
      const { rows } = await client.query<HeadRow>(
        `UPDATE channel_heads SET epoch = $2, base = coalesce($3::bigint - 1, seq), updated_at = clock_timestamp()
         WHERE channel = $1 RETURNING channel, epoch, seq, base`,
        [channel, epoch, moved[0]?.first ?? null],
      )
      return toHead(rows[0] as HeadRow)
    },
  }
}

function toHead({ channel, epoch, seq, base, is_ahead }: HeadRow): ChannelHead {
  return { channel, epoch, seq: Number(seq), base: Number(base), ...(is_ahead ? { isAhead: true } : {}) }
}
