-- Builds a new table's wall: its rows are seen and written only by a transaction that has named their tenant, also by the table's owner, and
-- derm_api gets `privileges` ('SELECT, INSERT, UPDATE') and the use of the table's sequences, nobody else anything. For migrations.
CREATE FUNCTION build_tenant_wall(walled regclass, privileges text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  numbers regclass;
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', walled);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', walled);
  EXECUTE format(
    'CREATE POLICY tenant ON %s USING (tenant_id = public.current_tenant()) WITH CHECK (tenant_id = public.current_tenant())', walled);
  EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, derm_api, derm_relay, derm_realtime', walled);
  EXECUTE format('GRANT %s ON %s TO derm_api', privileges, walled);
  FOR numbers IN
    SELECT d.objid::regclass FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    WHERE d.classid = 'pg_class'::regclass AND d.refobjid = walled AND d.deptype IN ('a', 'i')
  LOOP
    EXECUTE format('GRANT USAGE ON SEQUENCE %s TO derm_api', numbers);
  END LOOP;
END $$;

REVOKE ALL ON FUNCTION build_tenant_wall(regclass, text) FROM PUBLIC;
