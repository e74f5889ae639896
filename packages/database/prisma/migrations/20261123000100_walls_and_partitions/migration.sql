-- What Prisma cannot say. The roles exist already (createRoles): they belong to the server, not to this database.

-- ---------------------------------------------------------------------------------------------------------------
-- Rules that rows must keep
-- ---------------------------------------------------------------------------------------------------------------

-- A provider is in one place at a time. Cancelled and missed appointments give their time back.
CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE appointments
  ADD CONSTRAINT appointments_order CHECK (ends_at > starts_at),
  ADD CONSTRAINT appointments_provider_slot EXCLUDE USING gist (
    provider_id WITH =, tstzrange(starts_at, ends_at) WITH &&
  ) WHERE (status NOT IN ('cancelled', 'no_show'));

ALTER TABLE users ADD CONSTRAINT users_email_lower CHECK (email = lower(email));
ALTER TABLE waitlist_entries ADD CONSTRAINT waitlist_entries_offer_whole CHECK (
  num_nonnulls(offer_provider_id, offer_starts_at, offer_ends_at) IN (0, 3)
);
ALTER TABLE event_epoch
  ADD CONSTRAINT event_epoch_singleton CHECK (singleton),
  ADD CONSTRAINT event_epoch_form CHECK (epoch ~ '^[0-9a-f]{16}$');
ALTER TABLE channel_heads
  ADD CONSTRAINT channel_heads_tenant CHECK (starts_with(channel, tenant_id::text || '/')),
  ADD CONSTRAINT channel_heads_base CHECK (base <= seq);

-- Realtime nodes compare versions: a change that forgot to raise it would never reach a live socket.
CREATE FUNCTION raise_access_version() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.version := greatest(NEW.version, OLD.version + 1);
  RETURN NEW;
END $$;
CREATE TRIGGER user_access_version BEFORE UPDATE ON user_access
  FOR EACH ROW EXECUTE FUNCTION raise_access_version();

-- ---------------------------------------------------------------------------------------------------------------
-- Events, a partition a day (UTC)
-- ---------------------------------------------------------------------------------------------------------------

-- What the relay looks for; nearly empty, whatever the size of the history.
CREATE INDEX events_unpublished ON events (partition, channel, seq) WHERE published_at IS NULL;

-- Catches what falls on a day without a partition, so that no write ever fails for it.
CREATE TABLE events_default PARTITION OF events DEFAULT;
ALTER TABLE events_default ENABLE ROW LEVEL SECURITY;
ALTER TABLE events_default FORCE ROW LEVEL SECURITY;

-- An epoch: twelve hex digits of milliseconds, four of chance; greater than `than` even when the clock was set back.
CREATE FUNCTION next_epoch(than text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog AS $$
DECLARE
  ms bigint := floor(extract(epoch FROM clock_timestamp()) * 1000);
BEGIN
  IF than IS NOT NULL THEN
    ms := greatest(ms, ('x' || left(than, 12))::bit(48)::bigint + 1);
  END IF;
  RETURN lpad(to_hex(ms), 12, '0') || lpad(to_hex(floor(random() * 65536)::int), 4, '0');
END $$;

INSERT INTO event_epoch (epoch) VALUES (next_epoch());

-- Makes the partitions of today and the `days` after it that are missing; answers how many it made.
CREATE FUNCTION ensure_event_partitions(days int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER 
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '1s' AS $$
DECLARE
  day date;
  made int := 0;
  name text;
BEGIN
  IF NOT pg_try_advisory_xact_lock(7104, 1) THEN
    RETURN 0;
  END IF;
  FOR day IN SELECT current_date + n FROM generate_series(0, days) AS n LOOP
    name := 'events_' || to_char(day, 'YYYYMMDD');
    CONTINUE WHEN to_regclass('public.' || name) IS NOT NULL;
    -- Rows that fell into the default partition stay there, and with them their day.
    CONTINUE WHEN EXISTS (SELECT FROM public.events_default WHERE at >= day::timestamptz AND at < (day + 1)::timestamptz);
    -- Built apart, then attached: `CREATE … PARTITION OF` would lock out every writer meanwhile.
    EXECUTE format('CREATE TABLE public.%I (LIKE public.events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE public.events ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
      name, day::timestamptz, (day + 1)::timestamptz);
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;

-- Drops the partitions whose day ended more than `keep` days ago, save those with a row that no relay has published;
-- likewise empties the default partition. Answers the names of what it dropped.
CREATE FUNCTION prune_event_partitions(keep int) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER 
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '1s' AS $$
DECLARE
  name text;
  day date;
  held boolean;
BEGIN
  IF NOT pg_try_advisory_xact_lock(7104, 1) THEN
    RETURN;
  END IF;
  FOR name IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'public.events'::regclass AND c.relname ~ '^events_\d{8}$' ORDER BY c.relname
  LOOP
    day := to_date(right(name, 8), 'YYYYMMDD');
    CONTINUE WHEN day + 1 + keep > current_date;
    -- The lock comes first: what is true after it stays true until the drop.
    EXECUTE format('LOCK TABLE ONLY public.events, public.%I IN ACCESS EXCLUSIVE MODE', name);
    SELECT EXISTS (
      SELECT FROM public.events
      WHERE at >= day::timestamptz AND at < (day + 1)::timestamptz AND published_at IS NULL
    ) INTO held;
    CONTINUE WHEN held;
    EXECUTE format('DROP TABLE public.%I', name);
    RETURN NEXT name;
  END LOOP;
  DELETE FROM public.events_default
  WHERE at < (current_date - keep)::timestamptz AND published_at IS NOT NULL;
END $$;

-- After Postgres itself lost committed events (restored, failed over to a replica that lagged): every history ends here.
CREATE FUNCTION start_event_epoch() RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  fresh text;
BEGIN
  -- No flush runs meanwhile, so that none can begin a channel in the epoch that ends.
  LOCK TABLE public.channel_heads IN EXCLUSIVE MODE;
  SELECT public.next_epoch(greatest((SELECT max(h.epoch) FROM public.channel_heads h), e.epoch)) INTO fresh
  FROM public.event_epoch e FOR UPDATE;
  UPDATE public.event_epoch SET epoch = fresh;
  UPDATE public.events SET published_at = clock_timestamp() WHERE published_at IS NULL;
  UPDATE public.channel_heads SET epoch = fresh, base = seq, updated_at = clock_timestamp();
  RETURN fresh;
END $$;

-- ---------------------------------------------------------------------------------------------------------------
-- Who is asking, before a tenant is known
-- ---------------------------------------------------------------------------------------------------------------

CREATE FUNCTION find_login(login_email text)
RETURNS TABLE (user_id uuid, tenant_id uuid, password_hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT u.id, u.tenant_id, u.password_hash FROM public.users u WHERE u.email = lower(login_email)
$$;

-- `refresh_hash` may be the session's current one or the one before it.
CREATE FUNCTION find_session(hash text)
RETURNS TABLE (session_id uuid, tenant_id uuid, user_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.id, s.tenant_id, s.user_id FROM public.sessions s
  WHERE s.refresh_hash = hash OR s.previous_refresh_hash = hash
$$;

-- ---------------------------------------------------------------------------------------------------------------
-- The wall between tenants
-- ---------------------------------------------------------------------------------------------------------------

-- Null outside a transaction that has named its tenant: then no row is seen and none can be written.
CREATE FUNCTION current_tenant() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE RETURN nullif(current_setting('app.tenant_id', true), '')::uuid;

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON tenants USING (id = current_tenant()) WITH CHECK (id = current_tenant());

DO $$
DECLARE
  walled text;
BEGIN
  FOREACH walled IN ARRAY ARRAY[
    'locations', 'rooms', 'providers', 'provider_locations', 'users', 'user_access', 'sessions', 'patients',
    'appointments', 'waitlist_entries', 'idempotency_keys', 'audit_log', 'channel_heads', 'events'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', walled);
    EXECUTE format(
      'CREATE POLICY tenant ON %I USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())',
      walled);
  END LOOP;
END $$;

-- The owner's functions above look across tenants; nobody else can be the owner.
CREATE POLICY login ON users FOR SELECT TO derm_owner USING (true);
CREATE POLICY login ON sessions FOR SELECT TO derm_owner USING (true);
CREATE POLICY upkeep ON events TO derm_owner USING (true) WITH CHECK (true);
CREATE POLICY upkeep ON events_default TO derm_owner USING (true) WITH CHECK (true);
CREATE POLICY upkeep ON channel_heads TO derm_owner USING (true) WITH CHECK (true);
CREATE POLICY relay ON events TO derm_relay USING (true) WITH CHECK (true);
CREATE POLICY relay ON channel_heads TO derm_relay USING (true) WITH CHECK (true);
CREATE POLICY access ON user_access FOR SELECT TO derm_realtime USING (true);

-- ---------------------------------------------------------------------------------------------------------------
-- Who may do what
-- ---------------------------------------------------------------------------------------------------------------

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO derm_api, derm_relay, derm_realtime;

GRANT SELECT ON tenants TO derm_api;
GRANT SELECT, INSERT, UPDATE ON
  locations, rooms, providers, provider_locations, users, user_access, sessions, patients, appointments,
  waitlist_entries, idempotency_keys TO derm_api;
-- A record is never deleted; these are not records.
GRANT DELETE ON provider_locations, sessions, idempotency_keys TO derm_api;
GRANT SELECT, INSERT ON audit_log TO derm_api;
GRANT USAGE ON SEQUENCE audit_log_id_seq TO derm_api;
GRANT SELECT, INSERT ON events TO derm_api;
GRANT SELECT, INSERT, UPDATE ON channel_heads TO derm_api;
GRANT SELECT ON event_epoch TO derm_api;
GRANT EXECUTE ON FUNCTION current_tenant(), find_login(text), find_session(text) TO derm_api;

GRANT SELECT ON event_epoch TO derm_relay;
GRANT SELECT, UPDATE ON channel_heads, events TO derm_relay;
GRANT EXECUTE ON FUNCTION
  current_tenant(), next_epoch(text), ensure_event_partitions(int), prune_event_partitions(int) TO derm_relay;

GRANT SELECT ON user_access TO derm_realtime;
GRANT EXECUTE ON FUNCTION current_tenant() TO derm_realtime;

SELECT ensure_event_partitions(7);
