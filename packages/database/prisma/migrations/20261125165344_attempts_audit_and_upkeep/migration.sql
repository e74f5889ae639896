-- ---------------------------------------------------------------------------------------------------------------
-- Refresh tokens: which were replaced a moment ago
-- ---------------------------------------------------------------------------------------------------------------

ALTER TABLE "sessions" ADD COLUMN     "rotations" JSONB NOT NULL DEFAULT '[]';

-- ---------------------------------------------------------------------------------------------------------------
-- Attempts to sign in
-- ---------------------------------------------------------------------------------------------------------------

CREATE TABLE "attempt_counters" (
    "name" BYTEA NOT NULL,
    "attempts" INTEGER NOT NULL,
    "open_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "attempt_counters_pkey" PRIMARY KEY ("name")
);
CREATE INDEX "attempt_counters_expires_at_idx" ON "attempt_counters"("expires_at");

-- Of no tenant, since who asks is not known yet; a name is a digest that only the API can make.
ALTER TABLE attempt_counters ENABLE ROW LEVEL SECURITY;
ALTER TABLE attempt_counters FORCE ROW LEVEL SECURITY;
CREATE POLICY attempts ON attempt_counters TO derm_api USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON attempt_counters TO derm_api;

-- Counts an attempt in all of its counters, or answers for how many milliseconds none is admitted, and counts nothing. The rows are locked in
-- the order of their names before anything is decided: of attempts at the same time, no more pass than are free. `at` is the clock of the pod
-- that asks; where nothing has to wait, no moment stands that another pod's clock could be before.
CREATE FUNCTION take_attempt(names bytea[], free int[], cap_ms int[], keep_ms int[], at timestamptz) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  wait int;
BEGIN
  -- Whoever must wait costs one read.
  SELECT ceil(extract(epoch FROM max(c.open_at) - at) * 1000) INTO wait
  FROM public.attempt_counters c WHERE c.name = ANY (names) AND c.open_at > at;
  IF wait > 0 THEN
    RETURN wait;
  END IF;
  INSERT INTO public.attempt_counters (name, attempts, open_at, expires_at)
  SELECT n, 0, '-infinity', at FROM unnest(names) AS n ORDER BY n ON CONFLICT DO NOTHING;
  PERFORM FROM public.attempt_counters c WHERE c.name = ANY (names) ORDER BY c.name FOR UPDATE;
  SELECT ceil(extract(epoch FROM max(c.open_at) - at) * 1000) INTO wait
  FROM public.attempt_counters c WHERE c.name = ANY (names) AND c.open_at > at;
  IF wait > 0 THEN
    RETURN wait;
  END IF;
  -- A second after the last free one, then twice as long each time.
  UPDATE public.attempt_counters c
  SET attempts = made.n,
    open_at = CASE WHEN made.n < rule.free THEN '-infinity'
      ELSE at + least(rule.cap_ms, 1000 * 2 ^ least(made.n - rule.free, 20)) * interval '1 ms' END,
    expires_at = at + rule.keep_ms * interval '1 ms'
  FROM unnest(names, free, cap_ms, keep_ms) AS rule (name, free, cap_ms, keep_ms),
    LATERAL (SELECT CASE WHEN now.expires_at <= at THEN 1 ELSE now.attempts + 1 END AS n
      FROM public.attempt_counters now WHERE now.name = rule.name) AS made
  WHERE c.name = rule.name;
  -- What nobody has asked for since goes; a few at a time, so that no attempt pays for many.
  DELETE FROM public.attempt_counters WHERE name IN (
    SELECT c.name FROM public.attempt_counters c WHERE c.expires_at < at AND c.name <> ALL (names) LIMIT 20 FOR UPDATE SKIP LOCKED);
  RETURN 0;
END $$;

-- `cleared` begin anew; from each of `taken_back`, one attempt is taken back.
CREATE FUNCTION settle_attempt(cleared bytea[], taken_back bytea[], free int[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM FROM public.attempt_counters c WHERE c.name = ANY (cleared || taken_back) ORDER BY c.name FOR UPDATE;
  UPDATE public.attempt_counters c SET attempts = 0, open_at = '-infinity' WHERE c.name = ANY (cleared);
  UPDATE public.attempt_counters c
  SET attempts = greatest(c.attempts - 1, 0), open_at = CASE WHEN c.attempts - 1 < rule.free THEN '-infinity' ELSE c.open_at END
  FROM unnest(taken_back, free) AS rule (name, free) WHERE c.name = rule.name;
END $$;

REVOKE ALL ON FUNCTION take_attempt(bytea[], int[], int[], int[], timestamptz), settle_attempt(bytea[], bytea[], int[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_attempt(bytea[], int[], int[], int[], timestamptz), settle_attempt(bytea[], bytea[], int[]) TO derm_api;

-- ---------------------------------------------------------------------------------------------------------------
-- The audit log, a partition a month (UTC), kept for six years
-- ---------------------------------------------------------------------------------------------------------------

ALTER TABLE audit_log RENAME TO audit_log_before;
ALTER TABLE audit_log_before RENAME CONSTRAINT audit_log_pkey TO audit_log_before_pkey;
ALTER INDEX audit_log_tenant_id_at_id_idx RENAME TO audit_log_before_tenant_id_at_id_idx;
ALTER INDEX audit_log_tenant_id_subject_id_at_id_idx RENAME TO audit_log_before_tenant_id_subject_id_at_id_idx;
ALTER INDEX audit_log_tenant_id_actor_id_at_id_idx RENAME TO audit_log_before_tenant_id_actor_id_at_id_idx;
ALTER TABLE audit_log_before DROP CONSTRAINT audit_log_before_pkey;
ALTER TABLE audit_log_before ADD COLUMN "address" TEXT;

CREATE TABLE audit_log (LIKE audit_log_before INCLUDING DEFAULTS INCLUDING COMMENTS) PARTITION BY RANGE (at);
ALTER TABLE audit_log ADD CONSTRAINT audit_log_pkey PRIMARY KEY (id, at);
CREATE INDEX "audit_log_tenant_id_at_id_idx" ON "audit_log"("tenant_id", "at", "id");
CREATE INDEX "audit_log_tenant_id_subject_id_at_id_idx" ON "audit_log"("tenant_id", "subject_id", "at", "id");
CREATE INDEX "audit_log_tenant_id_actor_id_at_id_idx" ON "audit_log"("tenant_id", "actor_id", "at", "id");
ALTER SEQUENCE audit_log_id_seq OWNED BY audit_log.id;
SELECT build_tenant_wall('audit_log', 'SELECT, INSERT');

-- What was written so far, up to the end of this month, is the first partition.
DROP POLICY tenant ON audit_log_before;
REVOKE ALL ON audit_log_before FROM derm_api;
DO $$
DECLARE
  month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
  name text := 'audit_log_' || to_char(month, 'YYYYMM');
BEGIN
  EXECUTE format('ALTER TABLE audit_log_before RENAME TO %I', name);
  EXECUTE format('ALTER TABLE audit_log ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)',
    name, (month + interval '1 month') AT TIME ZONE 'UTC');
END $$;

-- Catches what falls on a month without a partition, so that no entry fails for it.
CREATE TABLE audit_log_default PARTITION OF audit_log DEFAULT;
ALTER TABLE audit_log_default ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log_default FORCE ROW LEVEL SECURITY;
CREATE POLICY upkeep ON audit_log_default TO derm_owner USING (true) WITH CHECK (true);

-- Makes the partitions of this month and the `months` after it that are missing; answers how many it made.
CREATE FUNCTION ensure_audit_partitions(months int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '1s' AS $$
DECLARE
  month timestamptz;
  made int := 0;
  name text;
BEGIN
  IF NOT pg_try_advisory_xact_lock(7104, 2) THEN
    RETURN 0;
  END IF;
  FOR month IN SELECT date_trunc('month', now()) + n * interval '1 month' FROM generate_series(0, months) AS n LOOP
    name := 'audit_log_' || to_char(month, 'YYYYMM');
    CONTINUE WHEN to_regclass('public.' || name) IS NOT NULL;
    -- Entries that fell into the default partition stay there, and with them their month.
    CONTINUE WHEN EXISTS (SELECT FROM public.audit_log_default WHERE at >= month AND at < month + interval '1 month');
    -- Built apart, then attached: `CREATE … PARTITION OF` would lock out every writer meanwhile.
    EXECUTE format('CREATE TABLE public.%I (LIKE public.audit_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE public.audit_log ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
      name, month, month + interval '1 month');
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;

-- Drops the partitions whose month ended more than `years` ago, and such entries of the default partition; answers the names of what it
-- dropped. Less than six years is refused: so long the log must be kept, whoever asks.
CREATE FUNCTION prune_audit_partitions(years int) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '1s' AS $$
DECLARE
  name text;
BEGIN
  IF years < 6 THEN
    RAISE EXCEPTION 'the audit log is kept for six years at least';
  END IF;
  IF NOT pg_try_advisory_xact_lock(7104, 2) THEN
    RETURN;
  END IF;
  FOR name IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'public.audit_log'::regclass AND c.relname ~ '^audit_log_\d{6}$'
      AND to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month' + years * interval '1 year' <= now() ORDER BY c.relname
  LOOP
    EXECUTE format('DROP TABLE public.%I', name);
    RETURN NEXT name;
  END LOOP;
  DELETE FROM public.audit_log_default WHERE at < now() - years * interval '1 year';
END $$;

REVOKE ALL ON FUNCTION ensure_audit_partitions(int), prune_audit_partitions(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_audit_partitions(int), prune_audit_partitions(int) TO derm_relay;
SELECT ensure_audit_partitions(3);

-- ---------------------------------------------------------------------------------------------------------------
-- Sockets in the audit log
-- ---------------------------------------------------------------------------------------------------------------

-- Notes that sessions have connected sockets: `[{ session, at, address, node }]`. Tenant and user are the session's own, and an entry without a
-- session is left out: a node can say nothing here but that a session that exists has connected.
CREATE FUNCTION record_sockets(entries jsonb) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH noted AS (
    INSERT INTO public.audit_log (tenant_id, at, actor_id, session_id, action, subject_type, subject_id, address, details)
    SELECT s.tenant_id, least(greatest(e.at, now() - interval '5 minutes'), now()), s.user_id, s.id, 'socket.connect', 'session', s.id,
      left(e.address, 64), jsonb_build_object('node', left(e.node, 64))
    FROM jsonb_to_recordset(entries) AS e (session uuid, at timestamptz, address text, node text)
    JOIN public.sessions s ON s.id = e.session
    RETURNING 1
  ) SELECT count(*)::int FROM noted
$$;
CREATE POLICY sockets ON sessions FOR SELECT TO derm_owner USING (true);
CREATE POLICY sockets ON audit_log FOR INSERT TO derm_owner WITH CHECK (action = 'socket.connect');
REVOKE ALL ON FUNCTION record_sockets(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_sockets(jsonb) TO derm_realtime;

-- ---------------------------------------------------------------------------------------------------------------
-- Which patients a user was shown
-- ---------------------------------------------------------------------------------------------------------------

CREATE TABLE "patient_views" (
    "tenant_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "day" DATE NOT NULL,
    "patient_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "patient_views_pkey" PRIMARY KEY ("tenant_id","user_id","day","patient_id")
);
SELECT build_tenant_wall('patient_views', 'SELECT, INSERT, DELETE');

-- ---------------------------------------------------------------------------------------------------------------
-- What has outlived its use
-- ---------------------------------------------------------------------------------------------------------------

CREATE TABLE "upkeep" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "tenant_id" UUID NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "upkeep_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "upkeep_tenant_id_key" ON "upkeep"("tenant_id");
CREATE INDEX "upkeep_due_at_idx" ON "upkeep"("due_at");
ALTER TABLE "upkeep" ADD CONSTRAINT "upkeep_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- A row for each tenant: of those that are there, and with each that comes.
ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY;
INSERT INTO upkeep (tenant_id) SELECT id FROM tenants;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
SELECT build_tenant_wall('upkeep', 'SELECT, UPDATE');
CREATE FUNCTION begin_upkeep() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public.upkeep (tenant_id) VALUES (NEW.id);
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION begin_upkeep() FROM PUBLIC;
CREATE TRIGGER tenant_upkeep AFTER INSERT ON tenants FOR EACH ROW EXECUTE FUNCTION begin_upkeep();
CREATE POLICY jobs ON upkeep FOR SELECT TO derm_jobs USING (true);
GRANT SELECT (tenant_id, id, due_at) ON upkeep TO derm_jobs;
