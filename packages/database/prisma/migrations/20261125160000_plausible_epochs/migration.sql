-- An epoch far ahead of the clock is none. A later one could never follow it within the form that every reader accepts, so a channel that once had one
-- would stand still for good. Readers take it for unknown; here the next epoch begins anew.

-- The epoch, or null for what is none: another form, or more than a day ahead. Readers take five minutes more, for their clocks.
CREATE FUNCTION plausible_epoch(epoch text) RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog AS $$
  SELECT CASE WHEN epoch ~ '^0[0-9a-f]{15}$' THEN
    CASE WHEN ('x' || left(epoch, 12))::bit(48)::bigint <= floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint + 86400000
      THEN epoch END
  END
$$;

-- Greater than every plausible `than`, even when the clock was set back, and never more than a millisecond further ahead than that.
CREATE OR REPLACE FUNCTION next_epoch(than text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog AS $$
DECLARE
  ms bigint := floor(extract(epoch FROM clock_timestamp()) * 1000);
  before text := public.plausible_epoch(than);
BEGIN
  IF before IS NOT NULL THEN
    ms := greatest(ms, ('x' || left(before, 12))::bit(48)::bigint + 1);
  END IF;
  RETURN lpad(to_hex(ms), 12, '0') || lpad(to_hex(floor(random() * 65536)::int), 4, '0');
END $$;

-- One channel's impossible epoch must not become everybody's.
CREATE OR REPLACE FUNCTION start_event_epoch() RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  fresh text;
BEGIN
  -- No flush runs meanwhile, so that none can begin a channel in the epoch that ends.
  LOCK TABLE public.channel_heads IN EXCLUSIVE MODE;
  SELECT public.next_epoch(greatest(
    (SELECT max(public.plausible_epoch(h.epoch) COLLATE "C") FROM public.channel_heads h), public.plausible_epoch(e.epoch) COLLATE "C"
  )) INTO fresh
  FROM public.event_epoch e FOR UPDATE;
  UPDATE public.event_epoch SET epoch = fresh;
  UPDATE public.events SET published_at = clock_timestamp() WHERE published_at IS NULL;
  UPDATE public.channel_heads SET epoch = fresh, base = seq, updated_at = clock_timestamp();
  RETURN fresh;
END $$;

REVOKE ALL ON FUNCTION plausible_epoch(text), next_epoch(text), start_event_epoch() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION plausible_epoch(text) TO derm_relay;

-- What new channels begin with. A channel's own the relay finds, and begins anew.
UPDATE event_epoch SET epoch = next_epoch() WHERE plausible_epoch(epoch) IS NULL;
