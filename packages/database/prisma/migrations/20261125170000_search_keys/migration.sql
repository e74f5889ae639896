-- Small letters by Unicode, whatever the server's locale: in the locale C, lower('É') is 'É', and a search for 'é' finds nobody.
ALTER TABLE "patients" DROP COLUMN "name_key", DROP COLUMN "given_key";
ALTER TABLE "patients"
  ADD COLUMN "name_key" TEXT COLLATE "C" NOT NULL
    GENERATED ALWAYS AS ((lower("last_name" COLLATE "und-x-icu") || ', ' || lower("first_name" COLLATE "und-x-icu")) COLLATE "C") STORED,
  ADD COLUMN "given_key" TEXT COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower("first_name" COLLATE "und-x-icu") COLLATE "C") STORED;
CREATE INDEX "patients_tenant_id_name_key_id_idx" ON "patients"("tenant_id", "name_key", "id");
CREATE INDEX "patients_tenant_id_given_key_id_idx" ON "patients"("tenant_id", "given_key", "id");

-- An offer that a pod of the version before has made has no end: it ends when its slot begins.
DROP INDEX waitlist_entries_offer_expires;
CREATE INDEX waitlist_entries_offer_expires ON waitlist_entries (coalesce(offer_expires_at, offer_starts_at)) WHERE status = 'offered';
GRANT SELECT (offer_starts_at) ON waitlist_entries TO derm_jobs;

-- As before, and derm_jobs gets nothing either.
CREATE OR REPLACE FUNCTION build_tenant_wall(walled regclass, privileges text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  numbers regclass;
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', walled);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', walled);
  EXECUTE format(
    'CREATE POLICY tenant ON %s USING (tenant_id = public.current_tenant()) WITH CHECK (tenant_id = public.current_tenant())', walled);
  EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, derm_api, derm_relay, derm_realtime, derm_jobs', walled);
  EXECUTE format('GRANT %s ON %s TO derm_api', privileges, walled);
  FOR numbers IN
    SELECT d.objid::regclass FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    WHERE d.classid = 'pg_class'::regclass AND d.refobjid = walled AND d.deptype IN ('a', 'i')
  LOOP
    EXECUTE format('GRANT USAGE ON SEQUENCE %s TO derm_api', numbers);
  END LOOP;
END $$;
