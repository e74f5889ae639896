-- A channel has a head from the moment that it can be subscribed to, at seq 0. Without one, a node could not tell a channel that
-- has never had an event from one that Redis has lost: each first subscription would wait for a refill that never comes, and
-- end in a resync.

-- FNV-1a (32 bit) modulo the number of partitions: packages/core/src/log/partition.ts, and a test that compares the two.
CREATE FUNCTION channel_partition(channel text) RETURNS int
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog AS $$
DECLARE
  hash bigint := 2166136261;
BEGIN
  FOR i IN 1 .. length(channel) LOOP
    hash := ((hash # ascii(substr(channel, i, 1))) * 16777619) % 4294967296;
  END LOOP;
  RETURN hash % 16;
END $$;

CREATE FUNCTION begin_channels(tenant uuid, scope text, topics text[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO public.channel_heads (channel, partition, tenant_id, epoch, seq, updated_at)
  SELECT name, public.channel_partition(name), tenant, (SELECT e.epoch FROM public.event_epoch e), 0, clock_timestamp()
  FROM unnest(topics) AS topic, LATERAL (SELECT tenant::text || '/' || scope || '/' || topic AS name) AS named
  ORDER BY name COLLATE "C"
  ON CONFLICT (channel) DO NOTHING
$$;

CREATE FUNCTION begin_own_channels() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  CASE TG_TABLE_NAME
    WHEN 'tenants' THEN
      PERFORM public.begin_channels(NEW.id, 't', ARRAY['patients', 'billing']);
    WHEN 'locations' THEN
      PERFORM public.begin_channels(NEW.tenant_id, 'l:' || NEW.id::text, ARRAY['scheduling', 'clinical', 'pathology', 'prescriptions']);
    WHEN 'users' THEN
      PERFORM public.begin_channels(NEW.tenant_id, 'u:' || NEW.id::text, ARRAY['inbox', 'alerts']);
  END CASE;
  RETURN NULL;
END $$;

REVOKE ALL ON FUNCTION channel_partition(text), begin_channels(uuid, text, text[]), begin_own_channels() FROM PUBLIC;

CREATE TRIGGER begin_channels AFTER INSERT ON tenants FOR EACH ROW EXECUTE FUNCTION begin_own_channels();
CREATE TRIGGER begin_channels AFTER INSERT ON locations FOR EACH ROW EXECUTE FUNCTION begin_own_channels();
CREATE TRIGGER begin_channels AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION begin_own_channels();

-- For what is there already, with the wall open for as long as this transaction lasts.
ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY;
ALTER TABLE locations NO FORCE ROW LEVEL SECURITY;
ALTER TABLE users NO FORCE ROW LEVEL SECURITY;
SELECT begin_channels(id, 't', ARRAY['patients', 'billing']) FROM tenants;
SELECT begin_channels(tenant_id, 'l:' || id::text, ARRAY['scheduling', 'clinical', 'pathology', 'prescriptions']) FROM locations;
SELECT begin_channels(tenant_id, 'u:' || id::text, ARRAY['inbox', 'alerts']) FROM users;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
ALTER TABLE locations FORCE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
