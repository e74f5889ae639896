-- What the relay reads after each commit, between a change and everybody's screens. As a function, because planning it over the days'
-- partitions takes longer than running it, and a function's plans are kept by the connection: also behind a pooler that
-- deals out connections by transaction, where a client's prepared statements may not be. The caller's rights and policies hold.
CREATE FUNCTION pending_events(in_partition int, at_most int, but_not text[])
RETURNS TABLE (channel text, epoch text, seq bigint, id uuid, type text, at bigint, body text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT e.channel, e.epoch, e.seq, e.id, e.type, floor(extract(epoch FROM e.at) * 1000)::bigint, e.body
    FROM public.events e
    WHERE e.partition = in_partition AND e.published_at IS NULL AND e.channel <> ALL (but_not)
    ORDER BY e.partition, e.channel, e.seq
    LIMIT at_most;
END $$;

REVOKE ALL ON FUNCTION pending_events(int, int, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pending_events(int, int, text[]) TO derm_relay;
