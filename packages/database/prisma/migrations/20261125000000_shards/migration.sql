-- The relay's share of the channels is a *shard*. A *partition* is a day's part of the events table, and nothing else.

ALTER TABLE channel_heads RENAME COLUMN "partition" TO shard;
ALTER TABLE events RENAME COLUMN "partition" TO shard;
ALTER INDEX channel_heads_partition_idx RENAME TO channel_heads_shard_idx;

-- Postgres named each day's copy of `events_unpublished` after its columns.
DO $$
DECLARE
  old text;
BEGIN
  FOR old IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'public.events_unpublished'::regclass AND c.relname LIKE '%\_partition\_channel\_seq\_idx'
  LOOP
    EXECUTE format('ALTER INDEX public.%I RENAME TO %I', old, replace(old, '_partition_', '_shard_'));
  END LOOP;
END $$;

-- FNV-1a (32 bit) modulo the number of shards: packages/core/src/log/shard.ts, and a test that compares the two.
ALTER FUNCTION channel_partition(text) RENAME TO channel_shard;

CREATE OR REPLACE FUNCTION begin_channels(tenant uuid, scope text, topics text[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO public.channel_heads (channel, shard, tenant_id, epoch, seq, updated_at)
  SELECT name, public.channel_shard(name), tenant, (SELECT e.epoch FROM public.event_epoch e), 0, clock_timestamp()
  FROM unnest(topics) AS topic, LATERAL (SELECT tenant::text || '/' || scope || '/' || topic AS name) AS named
  ORDER BY name COLLATE "C"
  ON CONFLICT (channel) DO NOTHING
$$;

-- A parameter cannot be renamed in place.
DROP FUNCTION pending_events(int, int, text[]);
CREATE FUNCTION pending_events(in_shard int, at_most int, but_not text[])
RETURNS TABLE (channel text, epoch text, seq bigint, id uuid, type text, at bigint, body text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT e.channel, e.epoch, e.seq, e.id, e.type, floor(extract(epoch FROM e.at) * 1000)::bigint, e.body
    FROM public.events e
    WHERE e.shard = in_shard AND e.published_at IS NULL AND e.channel <> ALL (but_not)
    ORDER BY e.shard, e.channel, e.seq
    LIMIT at_most;
END $$;

REVOKE ALL ON FUNCTION pending_events(int, int, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pending_events(int, int, text[]) TO derm_relay;
